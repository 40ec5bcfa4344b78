import { property } from '@sluice/plugin-sdk';

/** How dates and timestamps are written. */
export const dates = {
  dateFormat: property.string({
    title: { en: 'Date format', zh: '日期格式' },
    description: { en: "Java's pattern for dates; without it yyyy-MM-dd.", zh: '日期的 Java 格式；默认 yyyy-MM-dd。' },
    example: 'dd/MM/yyyy',
  }),
  timestampFormat: property.string({
    title: { en: 'Timestamp format', zh: '时间戳格式' },
    description: {
      en: "Java's pattern for timestamps; without it ISO 8601.",
      zh: '时间戳的 Java 格式；默认 ISO 8601。',
    },
    example: 'yyyy/MM/dd HH:mm',
  }),
};

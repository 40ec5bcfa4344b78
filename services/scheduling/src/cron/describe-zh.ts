import type { CronItem } from './cron-item.js';
import { isEvery, namesOf, type Unit, type Words } from './describe-words.js';

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];
const MONTHS = Array.from({ length: 12 }, (_, i) => `${i + 1} 月`);
const UNITS: Readonly<Record<Unit, { readonly every: string; readonly at: string }>> = {
  second: { every: '秒', at: '秒' },
  minute: { every: '分钟', at: '分' },
  hour: { every: '小时', at: '点' },
};

/** What an expression means, in Chinese. */
export const CHINESE: Words = {
  times: (times) => list(times),
  unit: (unit, items, within) => list(items.map((item) => unitPhrase(unit, item, within))),
  days: (days, weekdays, both) => {
    const byDay = isEvery(days) || days[0]?.kind === 'none' ? '' : `每月${spaced(list(days.map(dayPhrase)))}`;
    const byWeekday = isEvery(weekdays) || weekdays[0]?.kind === 'none' ? '' : weekdaysPhrase(weekdays);
    if (byDay !== '' && byWeekday !== '') return `${byDay}${both ? '且为' : '以及'}${byWeekday}`;
    return byDay || byWeekday || '每天';
  },
  months: (items) => list(items.flatMap((item) => namesOf(item, MONTHS, (from, to) => `${from}至 ${to}`))),
  years: (items) => list(items.map((item) => numbered(item, '年', '年', 1970))),
  // The largest part comes first.
  sentence: ({ time, days, months, years }) =>
    [years, months, days, [...time].reverse().join('，')].filter((part) => part !== '').join('，'),
};

function unitPhrase(unit: Unit, item: CronItem, within: boolean): string {
  const { every, at } = UNITS[unit];
  const each = (step: number): string => (step === 1 ? `每${every}` : `每 ${step} ${every}`);
  if (item.kind === 'value') return unit === 'hour' ? `${item.value} ${at}` : `第 ${item.value} ${at}`;
  if (item.kind === 'from') return `从 ${item.from} ${at}起${each(item.step)}`;
  if (item.kind === 'range') {
    const range = `${item.from} 至 ${item.to} ${at}`;
    return within && item.step === 1 ? range : `${range}之间${each(item.step)}`;
  }
  return item.kind === 'all' ? each(item.step) : '';
}

function dayPhrase(item: CronItem): string {
  switch (item.kind) {
    case 'value':
    case 'range':
    case 'from':
    case 'all':
      return numbered(item, '日', '天', 1);
    case 'last': {
      const day = item.offset === 0 ? '最后一天' : `最后一天之前第 ${item.offset} 天`;
      if (!item.weekday) return day;
      return item.offset === 0 ? '最后一个工作日' : `离${day}最近的工作日`;
    }
    case 'nearest':
      return `离 ${item.day} 日最近的工作日`;
    default:
      return '';
  }
}

function weekdaysPhrase(items: readonly CronItem[]): string {
  const [first] = items;
  if (first?.kind === 'lastOf') return `每月最后一个${WEEKDAYS[first.weekday - 1]}`;
  if (first?.kind === 'nth') return `每月第 ${first.nth} 个${WEEKDAYS[first.weekday - 1]}`;
  return `每${list(items.flatMap((item) => namesOf(item, WEEKDAYS, (from, to) => `${from}至${to}`)))}`;
}

function numbered(item: CronItem, unit: string, period: string, first: number): string {
  if (item.kind === 'value') return `${item.value} ${unit}`;
  if (item.kind === 'range') {
    const range = `${item.from} 至 ${item.to} ${unit}`;
    return item.step === 1 ? range : `${range}每 ${item.step} ${period}`;
  }
  if (item.kind === 'from') return `从 ${item.from} ${unit}起每 ${item.step} ${period}`;
  return item.kind === 'all' ? `从 ${first} ${unit}起每 ${item.step} ${period}` : '';
}

function list(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? '';
  return `${parts.slice(0, -1).join('、')}和${spaced(parts.at(-1) ?? '')}`;
}

/** A number keeps its distance from the sign before it. */
function spaced(text: string): string {
  return /^\d/.test(text) ? ` ${text}` : text;
}

import type { Texts } from './en.js';

export type { Texts } from './en.js';

/** The languages that the command line speaks. */
export type Language = 'en' | 'zh';

/** The language of `--lang`, else of the locale (LC_ALL, LC_MESSAGES, LANG), else English. */
export function chooseLanguage(
  wanted: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]).find((value) => value);
  return /^zh/i.test(wanted ?? locale ?? '') ? 'zh' : 'en';
}

/** Loads the texts of one language. */
export async function loadTexts(language: Language): Promise<Texts> {
  return language === 'zh' ? (await import('./zh.js')).zh : (await import('./en.js')).en;
}

import type { Setting } from './setting.js';
import { OTHER_VARIABLES, SETTINGS, environmentName } from './settings.js';

/** The table of settings in Markdown, as deploy/README.md has it. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([key, setting]: [string, Setting<unknown>]) => {
    const kind = setting.unit === '' ? setting.kind : `${setting.kind}, ${setting.unit}`;
    const who = setting.services.length === 0 ? 'all' : setting.services.join(', ');
    const about = setting.secret ? `${setting.about.en} Masked wherever it is shown.` : setting.about.en;
    return `| \`${key}\` | \`${environmentName(key)}\` | ${kind} | ${setting.shownDefault} | ${who} | ${about} |`;
  });
  const others = Object.entries(OTHER_VARIABLES).map(([name, about]) => `| | \`${name}\` | text | | | ${about.en} |`);
  return [
    '| setting | variable | value | default | read by | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...others,
    '',
  ].join('\n');
}

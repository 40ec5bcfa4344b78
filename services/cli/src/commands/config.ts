import { SluiceError, describeConfig, loadConfig } from '@sluice/chassis';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** Prints the effective settings and where each comes from; secrets are masked. */
export async function config(session: Session, options: { readonly config?: string }, prefix = ''): Promise<void> {
  const loaded = loadConfig({ file: options.config });
  const shown = describeConfig(loaded).filter(({ key }) => key === prefix || key.startsWith(prefix));
  if (shown.length === 0) {
    throw new SluiceError('REQUEST_INVALID', `no setting begins with '${prefix}'; see all with \`sluice config\``);
  }
  if (session.json) return shown.forEach((setting) => session.outJson(setting));
  const { words, config: texts } = session.texts;
  const titles = [
    { title: words.columns.setting, whole: true },
    { title: words.columns.value },
    {
      title: words.columns.source,
      mark: (padded: string, cell: string) => (cell === texts.sources.default ? session.style.dim(padded) : padded),
    },
  ];
  const rows = shown.map(({ key, value, source, from, unit }) => [
    key,
    `${valueText(value)}${unit === '' ? '' : ` ${unit}`}`,
    source === 'default' ? texts.sources.default : `${texts.sources[source]}${from === '' ? '' : ` (${from})`}`,
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (!session.quiet) session.err(texts.file(loaded.file));
}

function valueText(value: unknown): string {
  if (value === '') return '""';
  if (Array.isArray(value)) return value.map((item) => printable(String(item))).join(' ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, item]) => printable(`${name}=${String(item)}`))
      .join(' ');
  }
  return printable(String(value));
}

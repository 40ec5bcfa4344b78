import { readFileSync } from 'node:fs';

/** The part of `/stop/info` that the table needs. */
export interface DescribedStop {
  readonly bundle: string;
  readonly description: string;
}

/** The stops of PiFlow 1.9.5 and its plugin `external.ShowData` by group, without the `cn.piflow.bundle.` before them. */
export const STOP_NAMES = JSON.parse(
  readFileSync(new URL('fixtures/stop-names.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly string[]>>;

export const PREFIX = 'cn.piflow.bundle.';

const BEGIN =
  '<!-- stops: made by test/conformance/piflow/catalogue.test.ts; `npx vitest run -u` there makes it anew -->';
const END = '<!-- end of stops -->';

/** The document with its part about stops as the mounted stops have it. */
export function withStopTables(document: string, mounted: ReadonlyMap<string, DescribedStop>): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document has no part from ${BEGIN} to ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${stopTables(mounted)}\n\n${document.slice(end)}`;
}

function stopTables(mounted: ReadonlyMap<string, DescribedStop>): string {
  const there: string[] = [];
  const missing: string[] = [];
  let count = 0;
  for (const [group, names] of Object.entries(STOP_NAMES)) {
    const absent: string[] = [];
    for (const name of names) {
      const stop = mounted.get(PREFIX + name);
      if (stop === undefined) absent.push(name);
      else there.push(row(group, `\`${name}\``, ...difference(stop)));
    }
    count += absent.length;
    const list = absent.map((name) => `\`${name}\``).join(', ');
    if (absent.length > 0) missing.push(`- ${group === '' ? 'In no group' : group}: ${list}`);
  }
  const known = new Set(Object.values(STOP_NAMES).flatMap((names) => names.map((name) => PREFIX + name)));
  const others = [...mounted.values()].filter(({ bundle }) => bundle.startsWith(PREFIX) && !known.has(bundle));
  return [
    `### The same and better: ${there.length}`,
    [row('group', 'stop', 'state', 'what is different'), '|---|---|---|---|', ...there].join('\n'),
    ...(others.length === 0 ? [] : [`Beyond these: ${others.map(({ bundle }) => `\`${bundle}\``).join(', ')}.`]),
    `### Not yet: ${count}`,
    'A flow that uses one of these is refused before it starts, with the name of the stop.',
    missing.join('\n'),
  ].join('\n\n');
}

/** Stops say themselves where they do better: in their description, behind `Unlike PiFlow,`. */
function difference({ description }: DescribedStop): [state: string, remark: string] {
  const [, remark] = /Unlike PiFlow, (.*)$/s.exec(description) ?? [];
  return remark === undefined ? ['same', ''] : ['better', remark.trim()];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
}

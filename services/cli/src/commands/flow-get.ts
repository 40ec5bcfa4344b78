import { writeFile } from 'node:fs/promises';
import { SluiceError } from '@sluice/chassis';
import { FlowFormat, StoredFlow } from '@sluice/proto/catalog/v1/flow';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { readFlowId } from '../flow-source.js';
import type { Session } from '../session.js';
import { formatMoment, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** The format that `--format` names. */
export function readFormat(word: 'sluice' | 'piflow' | undefined): FlowFormat {
  if (word === undefined) return FlowFormat.FLOW_FORMAT_UNSPECIFIED;
  return word === 'piflow' ? FlowFormat.FLOW_FORMAT_PIFLOW : FlowFormat.FLOW_FORMAT_SLUICE;
}

/** Shows a flow of the catalog: its stops and where their rows go. */
export async function getFlow(session: Session, _options: object, name: string): Promise<void> {
  const client = (await session.connect()).get(FlowServiceService);
  const { flow: stored } = await client.getFlow(readFlowId(name));
  if (stored?.flow === undefined) throw new SluiceError('INTERNAL', `the catalog gave no flow for '${name}'`);
  if (session.json) return session.outJson(StoredFlow.toJSON(stored));
  const { style, texts } = session;
  const { flow } = stored;
  session.out(
    `${style.bold(printable(flow.name))}  ${style.dim(`${stored.id}@${stored.version}`)}`,
    ...(flow.description === '' ? [] : [printable(flow.description)]),
    style.dim(
      `${texts.words.columns.updated} ${formatMoment(stored.updateTime)}  ${printable(stored.comment)}`.trimEnd(),
    ),
    '',
  );
  const port = (text: string): string => (text === '' ? '' : `.${text}`);
  const rows = flow.stops.map((stop) => {
    const to = flow.paths.filter(({ from }) => from === stop.name);
    const targets = to.map(
      (path) => `${path.outport === '' ? '' : `${path.outport} `}→ ${path.to}${port(path.inport)}`,
    );
    return [printable(stop.name), printable(stop.bundle), printable(targets.join(', '))];
  });
  const { columns } = texts.words;
  const titles = [{ title: columns.stop }, { title: columns.type }, { title: columns.paths }];
  session.out(...table(titles, rows, session.width, style.dim));
}

/** Writes a flow as a document, to a file or standard output. */
export async function exportFlow(
  session: Session,
  options: { readonly format?: 'sluice' | 'piflow'; readonly output?: string },
  name: string,
): Promise<void> {
  const client = (await session.connect()).get(FlowServiceService);
  const { document } = await client.exportFlow(
    { ...readFlowId(name), format: readFormat(options.format) },
    { idempotent: true },
  );
  const text = document.endsWith('\n') ? document : `${document}\n`;
  if (options.output === undefined) return session.out(text.slice(0, -1));
  try {
    await writeFile(options.output, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('REQUEST_INVALID', `the flow cannot be written to ${options.output}: ${why}`, { cause });
  }
  if (!session.quiet) session.err(session.texts.flow.written(options.output));
}

import { readFile } from 'node:fs/promises';
import { SluiceError } from '@sluice/chassis';

/** A flow as the user named it: a document from a file or standard input, or a flow that the catalog keeps. */
export type FlowSource =
  | { readonly $case: 'document'; readonly value: string }
  | { readonly $case: 'reference'; readonly value: { readonly id: string; readonly version: number } };

/**
 * Finds what `<flow>` names: `-` is standard input, else a file of that name, else a flow's identifier (`id` or
 * `id@version`).
 *
 * @throws FILE_NOT_FOUND for what can only be a file; FILE_UNREADABLE.
 */
export async function readFlowSource(name: string): Promise<FlowSource> {
  const document = await tryRead(name);
  if (document !== undefined) return { $case: 'document', value: document };
  if (/[/\\]|\.json$/i.test(name)) {
    throw new SluiceError('FILE_NOT_FOUND', `there is no file ${name}; correct the path, or name a flow by its id`, {
      details: { path: name },
    });
  }
  return { $case: 'reference', value: readFlowId(name) };
}

/** `id` or `id@version`; version 0 is the newest. */
export function readFlowId(text: string): { id: string; version: number } {
  const [, id = text, version = '0'] = /^(.+?)@v?(\d+)$/.exec(text) ?? [];
  return { id, version: Number(version) };
}

/** The text of a file or of standard input (`-`). */
export async function readDocument(name: string): Promise<string> {
  const document = await tryRead(name);
  if (document !== undefined) return document;
  throw new SluiceError('FILE_NOT_FOUND', `there is no file ${name}; correct the path`, { details: { path: name } });
}

async function tryRead(name: string): Promise<string | undefined> {
  try {
    if (name === '-') return await readStandardInput();
    return await readFile(name, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why = code === 'EISDIR' ? 'it is a folder; name a file in it' : message;
    throw new SluiceError('FILE_UNREADABLE', `the flow cannot be read from ${name}: ${why}`, { cause });
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Client } from '@sluice/chassis';
import { PluginKind, type Plugin } from '@sluice/proto/catalog/v1/plugin';
import {
  MountPluginRequest,
  UnmountPluginRequest,
  type PluginServiceService,
  type UploadPluginRequest,
} from '@sluice/proto/catalog/v1/plugin_service';
import tar from 'tar-stream';

export type PluginClient = Client<typeof PluginServiceService>;

/** An entry of an archive: a header as tar-stream takes it, and what it holds. */
export type ArchiveEntry = readonly [header: Parameters<tar.Pack['entry']>[0], content?: string | Buffer];

/** Packs entries as they are, good or bad. */
export async function packEntries(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const [header, content] of entries) pack.entry({ mtime: new Date(0), ...header }, content ?? '');
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** A package as `npm pack` makes it. */
export function packFiles(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  return packEntries(Object.entries(files).map(([name, content]) => [{ name: `package/${name}` }, content]));
}

/** A plugin with an entry. */
export function packPlugin(
  name: string,
  version: string,
  entry: string,
  more: { readonly sluice?: object; readonly files?: Readonly<Record<string, string | Buffer>> } = {},
): Promise<Buffer> {
  const sluice = { kind: 'stops', sdk: '^1', entry: './dist/index.js', ...more.sluice };
  const json = JSON.stringify({ name, version, type: 'module', sluice });
  return packFiles({ 'package.json': json, 'dist/index.js': entry, ...more.files });
}

/** The text of an entry with one stop; `run` is the body of its function, which has `engine`, `log` and `properties`. */
export function sourceStop(name: string, run: string, more = '', before = ''): string {
  return `
    import { definePlugin, defineStop, property, none, single } from '@sluice/plugin-sdk';
    ${before}
    const rows = async function* (count) { for (let i = 0; i < count; i++) yield [i]; };
    const give = (engine, count) => engine.fromRows([{ name: 'n', type: 'int' }], rows(count));
    export default definePlugin({ stops: [defineStop({
      name: '${name}', title: { en: 'A stop' }, description: { en: 'For tests.' }, groups: ['Test'],
      ports: { in: none, out: single }, properties: { note: property.string({}) }, engines: ['duckdb'], ${more}
      async run({ engine, log, properties, signal, files, scratch }) { ${run} },
    })] });`;
}

/** A plugin whose stop gives as many rows as its major version says, so that a run shows which version it used. */
export function packCounting(name: string, stop: string, version: string, more = ''): Promise<Buffer> {
  return packPlugin(name, version, sourceStop(stop, `${more}; return give(engine, ${version.split('.')[0]});`));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The messages of an upload. */
export function* uploadParts(
  archive: Buffer,
  start: {
    readonly fileName?: string;
    readonly offset?: number;
    readonly signature?: Buffer;
    readonly digest?: string;
    readonly kind?: PluginKind;
    readonly provenance?: string;
  } = {},
  chunkBytes = 256 * 1024,
): Generator<UploadPluginRequest> {
  const { fileName = 'plugin.tgz', offset = 0, signature = Buffer.alloc(0), digest = sha256(archive) } = start;
  const { kind = PluginKind.PLUGIN_KIND_UNSPECIFIED, provenance = '' } = start;
  const about = { fileName, offset: BigInt(offset), signature, provenance, kind };
  const value = { digest, ...about, actor: 'test', mustBePlugin: false };
  yield { part: { $case: 'start', value } };
  for (let at = offset; at < archive.length; at += chunkBytes) {
    yield { part: { $case: 'chunk', value: archive.subarray(at, at + chunkBytes) } };
  }
  yield { part: { $case: 'end', value: {} } };
}

export async function upload(
  plugins: PluginClient,
  archive: Buffer,
  about: Parameters<typeof uploadParts>[1] = {},
): Promise<Plugin> {
  const { plugin } = await plugins.uploadPlugin(uploadParts(archive, about), { deadlineMs: 120_000 });
  if (plugin === undefined) throw new Error('no plugin came back');
  return plugin;
}

const WAIT = { seconds: 20n, nanos: 0 };

/** Mounts a version and waits until every node has it; gives the generation. */
export async function mount(
  plugins: PluginClient,
  name: string,
  version: string,
  more: Partial<MountPluginRequest> = {},
): Promise<number> {
  const request = MountPluginRequest.fromPartial({ name, version, wait: WAIT, actor: 'test', ...more });
  const { generation, waitingFor } = await plugins.mountPlugin(request);
  if (waitingFor.length > 0) throw new Error(`nodes do not have generation ${generation}: ${waitingFor.join(', ')}`);
  return Number(generation);
}

export async function unmount(plugins: PluginClient, name: string, version: string, safe = false): Promise<number> {
  const request = UnmountPluginRequest.fromPartial({ name, version, wait: WAIT, safe, actor: 'test' });
  return Number((await plugins.unmountPlugin(request)).generation);
}

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { packFiles } from '@sluice/chassis/packaging';
import { fromErrorInfo, SluiceError } from '@sluice/chassis';
import { Plugin, PluginKind, pluginKindToJSON } from '@sluice/proto/catalog/v1/plugin';
import {
  PluginServiceService,
  UploadPluginResponse,
  type UploadPluginRequest,
} from '@sluice/proto/catalog/v1/plugin_service';
import { ErrorInfo } from '@sluice/proto/common/v1/problem';
import { buildPackage, filesOfPackage, readAuthorPackage } from '../authoring/author-package.js';
import type { Session } from '../session.js';
import { formatBytes, printable } from '../terminal/format.js';
import { actorName, mountVersion, type MountOptions } from './plugin-change.js';

/** The options of `sluice plugin upload`. */
export interface UploadOptions extends MountOptions {
  readonly mount?: boolean;
  readonly signature?: string;
  /** What it is, where its file does not say: `node-package`. */
  readonly as?: string;
  readonly provenance?: string;
}

/** What proves whose an archive is. */
export interface ArchiveProofs {
  /** A detached Ed25519 signature; empty for none. */
  readonly signature: Buffer;
  /** A sigstore bundle as JSON; empty for none. */
  readonly provenance: string;
}

export const NO_PROOFS: ArchiveProofs = { signature: Buffer.alloc(0), provenance: '' };

const CHUNK_BYTES = 512 * 1024;

/** Uploads an archive, or builds and packs a folder first. An upload that broke off before goes on where it was. */
export async function uploadPlugin(session: Session, options: UploadOptions, path: string): Promise<void> {
  const { archive, fileName } = await readArchive(path);
  const signature = options.signature === undefined ? NO_PROOFS.signature : await readFile(options.signature);
  const provenance = options.provenance === undefined ? '' : await readFile(options.provenance, 'utf8');
  const response = await sendArchive(session, archive, fileName, { signature, provenance }, readKind(options.as));
  if (session.json) session.outJson(UploadPluginResponse.toJSON(response));
  else showUpload(session, response);
  const { name = '', version = '' } = response.plugin ?? {};
  if (options.mount === true) await mountVersion(session, options, name, version);
}

/** Says what was uploaded, what it has and what is wrong with its examples. */
export function showUpload(session: Session, response: UploadPluginResponse): void {
  const plugin = response.plugin ?? Plugin.create();
  const { texts, style } = session;
  const name = printable(`${plugin.name}@${plugin.version}`);
  if (session.quiet) return session.out(name);
  const size = formatBytes(plugin.sizeBytes);
  session.out(`${style.good('✓')} ${response.known ? texts.plugin.known(name) : texts.plugin.uploaded(name, size)}`);
  if (plugin.stops.length > 0) session.out(`  ${texts.plugin.stops}: ${plugin.stops.map(printable).join(', ')}`);
  session.out(`  ${texts.plugin.fields.signature}: ${printable(plugin.signature?.message ?? '')}`);
  for (const { stop, title, fault } of plugin.examples.filter((example) => example.fault !== '')) {
    session.err(`${session.errorStyle.warn(texts.errors.warning)} ${printable(`${stop}, '${title}': ${fault}`)}`);
  }
}

/** Sends an archive to the platform of a session, by gRPC or the JSON API. */
export async function sendArchive(
  session: Session,
  archive: Buffer,
  fileName: string,
  proofs: ArchiveProofs,
  kind = PluginKind.PLUGIN_KIND_UNSPECIFIED,
): Promise<UploadPluginResponse> {
  if (/^https?:/i.test(session.url ?? '')) return sendHttp(session.url ?? '', archive, fileName, proofs, kind);
  const client = (await session.connect()).get(PluginServiceService);
  const digest = createHash('sha256').update(archive).digest('hex');
  const { receivedBytes, complete } = await client.getPluginUpload({ digest });
  const offset = complete || Number(receivedBytes) >= archive.length ? 0 : Number(receivedBytes);
  const parts = (function* (): Generator<UploadPluginRequest> {
    const start = { digest, fileName, offset: BigInt(offset), ...proofs, actor: actorName(), kind };
    yield { part: { $case: 'start', value: { ...start, mustBePlugin: false } } };
    for (let at = offset; at < archive.length; at += CHUNK_BYTES) {
      yield { part: { $case: 'chunk', value: archive.subarray(at, at + CHUNK_BYTES) } };
    }
    yield { part: { $case: 'end', value: {} } };
  })();
  return client.uploadPlugin(parts, { deadlineMs: 120_000 });
}

/** The JSON API takes an archive as the file of a form; it does not go on where an earlier one broke off. */
async function sendHttp(
  url: string,
  archive: Buffer,
  fileName: string,
  { signature, provenance }: ArchiveProofs,
  kind: PluginKind,
): Promise<UploadPluginResponse> {
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(archive)]), fileName);
  const fields = { fileName, actor: actorName(), signature: signature.toString('base64'), provenance };
  body.set('kind', pluginKindToJSON(kind));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const response = await fetch(`${url.replace(/\/+$/, '')}/api/v1/plugins`, { method: 'POST', body });
  const json = (await response.json()) as { readonly error?: unknown };
  if (!response.ok) throw fromErrorInfo(ErrorInfo.fromJSON(json.error), 'INTERNAL');
  return UploadPluginResponse.fromJSON(json);
}

function readKind(text: string | undefined): PluginKind {
  if (text === undefined) return PluginKind.PLUGIN_KIND_UNSPECIFIED;
  if (text === 'node-package') return PluginKind.PLUGIN_KIND_NODE_PACKAGE;
  const message = `'${text}' is no kind that has to be said; write node-package, other archives tell by their names`;
  throw new SluiceError('REQUEST_INVALID', message);
}

async function readArchive(path: string): Promise<{ readonly archive: Buffer; readonly fileName: string }> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new SluiceError('FILE_NOT_FOUND', `'${path}' cannot be read: ${cause.message}`, { cause });
  });
  if (!found.isDirectory()) return { archive: await readFile(path), fileName: basename(path) };
  const plugin = await readAuthorPackage(path);
  await buildPackage(plugin);
  const archive = await packFiles(plugin.folder, await filesOfPackage(plugin));
  return { archive: Buffer.from(archive), fileName: `${basename(plugin.folder)}.tgz` };
}

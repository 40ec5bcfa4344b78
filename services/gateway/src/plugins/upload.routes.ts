import { PluginKind, pluginKindFromJSON } from '@sluice/proto/catalog/v1/plugin';
import { createHash } from 'node:crypto';
import { SluiceError, type Clients } from '@sluice/chassis';
import {
  PluginServiceService,
  UploadPluginResponse,
  type UploadPluginRequest,
} from '@sluice/proto/catalog/v1/plugin_service';
import { hangUpSignal } from '../http/hang-up.js';
import { queryOf, type HttpRequest, type HttpServer } from '../http/server.js';

const CHUNK_BYTES = 512 * 1024;
/** What a form adds around the file that it holds. */
const FORM_BYTES = 2 ** 20;

/** An archive as a request brings it. */
interface GivenArchive {
  readonly archive: Buffer;
  readonly fileName: string;
  readonly signature: Buffer;
  /** A sigstore bundle as JSON; default none. */
  readonly provenance?: string;
  readonly actor: string;
  readonly mustBePlugin?: boolean;
  /** What it is; default what its file says. */
  readonly kind?: PluginKind;
}

/**
 * Adds the route that takes packages: `POST /api/v1/plugins`, with the archive as the body, or as the field `file` of a
 * form. `fileName`, `actor`, `signature` (base64) and `kind` (such as PLUGIN_KIND_NODE_PACKAGE) come in the query or as
 * fields of the form; `provenance` (a sigstore bundle) as a field.
 */
export function mountUploads(server: HttpServer, clients: Clients, maxBytes: number, closing: AbortSignal): void {
  const plugins = clients.get(PluginServiceService);
  server.route({
    method: 'POST',
    url: '/api/v1/plugins',
    bodyLimit: maxBytes + FORM_BYTES,
    handler: async (request, reply) => {
      const given = await readArchive(request);
      const signal = hangUpSignal(reply.raw, closing);
      const response = await plugins.uploadPlugin(uploadParts(given), { signal, deadlineMs: 120_000 });
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(JSON.stringify(UploadPluginResponse.toJSON(response)));
    },
  });
}

async function readArchive(request: HttpRequest): Promise<GivenArchive> {
  const { body } = request;
  const type = request.headers['content-type'] ?? '';
  const query = queryOf(request);
  if (!Buffer.isBuffer(body) || body.length === 0) {
    throw new SluiceError(
      'REQUEST_INVALID',
      'there is no archive in the request; send it as the body, or as `file` of a form',
    );
  }
  const base = {
    fileName: query.get('fileName') ?? 'package.tgz',
    actor: query.get('actor') ?? '',
    kind: readKind(query.get('kind') ?? ''),
  };
  const signature = Buffer.from(query.get('signature') ?? '', 'base64');
  if (!type.startsWith('multipart/form-data')) return { ...base, signature, archive: body };
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch((cause: unknown) => {
      throw new SluiceError('REQUEST_INVALID', 'the form in the request is broken; send it with a boundary that fits', {
        cause,
      });
    });
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new SluiceError('REQUEST_INVALID', 'the form has no file in its field `file`');
  }
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const given = text('signature');
  return {
    archive: Buffer.from(await file.arrayBuffer()),
    fileName: text('fileName') || file.name || base.fileName,
    signature: given === '' ? signature : Buffer.from(given, 'base64'),
    provenance: text('provenance'),
    actor: text('actor') || base.actor,
    kind: text('kind') === '' ? base.kind : readKind(text('kind')),
  };
}

function readKind(text: string): PluginKind {
  const kind = text === '' ? PluginKind.PLUGIN_KIND_UNSPECIFIED : pluginKindFromJSON(text);
  if (kind !== PluginKind.UNRECOGNIZED) return kind;
  throw new SluiceError(
    'REQUEST_INVALID',
    `'${text}' is no kind of package; write one such as PLUGIN_KIND_NODE_PACKAGE`,
  );
}

/** The messages of an upload of an archive that is here. */
export function* uploadParts({
  archive,
  fileName,
  signature,
  provenance = '',
  actor,
  mustBePlugin = false,
  kind = PluginKind.PLUGIN_KIND_UNSPECIFIED,
}: GivenArchive): Generator<UploadPluginRequest> {
  const digest = createHash('sha256').update(archive).digest('hex');
  const value = { digest, fileName, offset: 0n, signature, provenance, actor, mustBePlugin, kind };
  yield { part: { $case: 'start', value } };
  for (let at = 0; at < archive.length; at += CHUNK_BYTES) {
    yield { part: { $case: 'chunk', value: archive.subarray(at, at + CHUNK_BYTES) } };
  }
  yield { part: { $case: 'end', value: {} } };
}

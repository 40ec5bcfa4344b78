import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleToJSON } from '@sigstore/bundle';
import { fulcioHandler, initializeCA, initializeTLog, rekorHandler } from '@sigstore/mock';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness } from '@sigstore/sign';

/** An authority and a log of our own, as sigstore's are, on the loopback: who trusts its root trusts its statements. */
export interface SigningAuthority {
  /** The text of a trusted_root.json. */
  readonly trustedRoot: string;
  /** The sigstore bundle of a statement that an archive was built by somebody. */
  state(archive: Uint8Array, name: string, version: string, builder: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts an authority. Its parts are those with which sigstore's libraries are tested. */
export async function startSigningAuthority(): Promise<SigningAuthority> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = keys.publicKey.export({ format: 'der', type: 'spki' });
  const ctlog = {
    publicKey: spki,
    logID: createHash('sha256').update(spki).digest(),
    log: certificateLog(keys.privateKey, spki),
  };
  const authority = await initializeCA(keys, ctlog);
  let handlers = new Map<string, ReturnType<typeof fulcioHandler>>();
  const server = createServer((request, response) => {
    void (async () => {
      const handler = handlers.get(request.url ?? '');
      if (handler === undefined) return response.writeHead(404).end();
      const made = await handler.fn(await text(request));
      response.writeHead(made.statusCode, { 'content-type': made.contentType ?? 'text/plain' }).end(made.response);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = await initializeTLog(url, keys);
  const fulcio = fulcioHandler(authority);
  const rekor = rekorHandler(log);
  handlers = new Map([fulcio, rekor].map((handler) => [handler.path, handler]));
  const started = new Date(Date.now() - 60_000).toISOString();
  const key = (bytes: Buffer): object => ({
    rawBytes: bytes.toString('base64'),
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start: started },
  });
  const trustedRoot = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [
      {
        subject: { organization: 'test', commonName: 'test' },
        uri: url,
        certChain: { certificates: [{ rawBytes: authority.rootCertificate.toString('base64') }] },
        validFor: { start: started },
      },
    ],
    tlogs: [
      {
        baseUrl: url,
        hashAlgorithm: 'SHA2_256',
        publicKey: key(log.publicKey),
        logId: { keyId: createHash('sha256').update(log.publicKey).digest('base64') },
      },
    ],
    ctlogs: [
      {
        baseUrl: url,
        hashAlgorithm: 'SHA2_256',
        publicKey: key(ctlog.publicKey),
        logId: { keyId: ctlog.logID.toString('base64') },
      },
    ],
  });
  return {
    trustedRoot,
    async state(archive, name, version, builder) {
      const claims = { aud: 'sigstore', iss: 'https://issuer.test', sub: builder };
      const token = ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.');
      const signer = new FulcioSigner({ fulcioBaseURL: url, identityProvider: { getToken: async () => token } });
      const witnesses = [new RekorWitness({ rekorBaseURL: url, entryType: 'intoto' })];
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        predicateType: 'https://slsa.dev/provenance/v1',
        subject: [
          {
            name: `pkg:npm/${name}@${version}`,
            digest: { sha512: createHash('sha512').update(archive).digest('hex') },
          },
        ],
        predicate: {},
      };
      const bundle = await new DSSEBundleBuilder({ signer, witnesses }).create({
        type: 'application/vnd.in-toto+json',
        data: Buffer.from(JSON.stringify(statement)),
      });
      return JSON.stringify(bundleToJSON(bundle));
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * A certificate transparency log: its signed timestamps (RFC 6962, 3.2) as they stand in a list, behind their length.
 * The one that comes with sigstore's test authority leaves the signature out.
 */
function certificateLog(
  key: KeyObject,
  spki: Buffer,
): (certificate: ArrayBuffer, issuer: ArrayBuffer) => Promise<ArrayBuffer> {
  return async (certificate, issuer) => {
    const tbs = firstElement(Buffer.from(certificate));
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(Date.now()));
    const number = (value: number, bytes: number): Buffer => {
      const written = Buffer.alloc(bytes);
      written.writeUIntBE(value, 0, bytes);
      return written;
    };
    const [version, type, none] = [number(0, 1), number(0, 1), number(0, 2)];
    const entry = Buffer.concat([number(1, 2), Buffer.from(issuer), number(tbs.length, 3), tbs]);
    const signature = sign('sha256', Buffer.concat([version, type, time, entry, none]), key);
    const logId = createHash('sha256').update(spki).digest();
    const [sha256, ecdsa] = [number(4, 1), number(3, 1)];
    const timestamp = Buffer.concat([
      version,
      logId,
      time,
      none,
      sha256,
      ecdsa,
      number(signature.length, 2),
      signature,
    ]);
    return new Uint8Array(Buffer.concat([number(timestamp.length, 2), timestamp])).buffer;
  };
}

/** The first element in a DER sequence, with its own header: what a certificate's signature is over. */
function firstElement(sequence: Buffer): Buffer {
  const headOf = (at: number): { readonly head: number; readonly length: number } => {
    const first = sequence[at + 1] ?? 0;
    if (first < 0x80) return { head: 2, length: first };
    return { head: 2 + (first & 0x7f), length: sequence.readUIntBE(at + 2, first & 0x7f) };
  };
  const outer = headOf(0);
  const inner = headOf(outer.head);
  return sequence.subarray(outer.head, outer.head + inner.head + inner.length);
}

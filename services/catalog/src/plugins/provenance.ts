import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { SluiceError } from '@sluice/chassis';
import { bundleFromJSON, isBundleWithDsseEnvelope } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** Where an archive was built, by a statement that was verified. */
export interface Provenance {
  /** Who signed it: the address of a workflow, such as `https://github.com/acme/text/.github/workflows/publish.yml@...`. */
  readonly builder: string;
}

/**
 * Verifies the sigstore bundle that says where an archive was built, without network: the certificate comes from an
 * authority that is trusted and was valid when the transparency log took the statement, and the statement is about
 * these very bytes. The form: https://github.com/sigstore/protobuf-specs and https://in-toto.io/Statement/v1.
 *
 * @param sha512 of the archive in hexadecimal
 * @param rootFile the authorities and logs that are trusted (a sigstore trusted_root.json); empty for sigstore's public ones
 * @throws PLUGIN_UNSIGNED with what is wrong; CONFIG_INVALID for the file
 */
export async function verifyProvenance(text: string, sha512: string, rootFile: string): Promise<Provenance> {
  const root = await readRoot(rootFile);
  try {
    const bundle = bundleFromJSON(JSON.parse(text));
    if (!isBundleWithDsseEnvelope(bundle)) throw new Error('it holds no statement');
    const { identity } = new Verifier(toTrustMaterial(root)).verify(toSignedEntity(bundle));
    const { subject = [] } = JSON.parse(bundle.content.dsseEnvelope.payload.toString('utf8')) as {
      readonly subject?: readonly { readonly digest?: { readonly sha512?: string } }[];
    };
    if (!subject.some(({ digest }) => digest?.sha512 === sha512)) throw new Error('it is about another archive');
    return { builder: identity?.subjectAlternativeName ?? '' };
  } catch (cause) {
    const message = `the provenance of the package does not hold: ${(cause as Error).message}; fetch both anew from where they were published`;
    throw new SluiceError('PLUGIN_UNSIGNED', message, { cause });
  }
}

/** Whether a builder is one of those that are trusted: each is an address below which all are. */
export function isTrustedBuilder(builder: string, publishers: readonly string[]): boolean {
  return publishers.some((each) => builder === each || builder.startsWith(`${each.replace(/\/+$/, '')}/`));
}

/** Sigstore's own authorities and logs as they were when its library was released. */
const PUBLIC_ROOT = 'https://tuf-repo-cdn.sigstore.dev';

async function readRoot(file: string): Promise<TrustedRoot> {
  if (file === '') {
    const seeds = createRequire(import.meta.url)('@sigstore/tuf/seeds.json') as Record<
      string,
      { readonly targets: Readonly<Record<string, string>> }
    >;
    const text = Buffer.from(seeds[PUBLIC_ROOT]?.targets['trusted_root.json'] ?? '', 'base64').toString('utf8');
    return TrustedRoot.fromJSON(JSON.parse(text));
  }
  try {
    return TrustedRoot.fromJSON(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const message = `plugins.trustedRoot: '${file}' is no trusted_root.json of sigstore: ${(cause as Error).message}`;
    throw new SluiceError('CONFIG_INVALID', message, { cause });
  }
}

import { SluiceError } from '@sluice/plugin-sdk';
import { readZip } from './archive.js';

/** What a jar holds; nothing of it has run. */
export interface Jar {
  /** The main part of its manifest. */
  readonly manifest: Readonly<Record<string, string>>;
  /** The names of its classes, such as `org.acme.Parser`, without nested ones. */
  readonly classes: readonly string[];
  /** Its classes that extend one of PiFlow's classes for stops. */
  readonly stops: readonly string[];
}

/** How large a class file or manifest may be to be looked into. */
const MOST_BYTES = 4 * 2 ** 20;
const PIFLOW_STOP = /^cn\/piflow\/conf\/Configurable\w*$/;

/** Reads a jar; PLUGIN_ARCHIVE_INVALID when it is damaged, or no jar. */
export async function readJar(file: string): Promise<Jar> {
  const classes: string[] = [];
  const stops: string[] = [];
  let manifest: Record<string, string> | undefined;
  await readZip(file, async ({ name, size, read }) => {
    if (name === 'META-INF/MANIFEST.MF' && size <= MOST_BYTES)
      manifest = parseManifest((await read()).toString('utf8'));
    if (!name.endsWith('.class') || name.startsWith('META-INF/')) return;
    const title = name.slice(0, -'.class'.length).replaceAll('/', '.');
    if (title.includes('$') || /(^|\.)(module|package)-info$/.test(title)) return;
    classes.push(title);
    if (size <= MOST_BYTES && PIFLOW_STOP.test(superClass(await read()) ?? '')) stops.push(title);
  });
  if (manifest === undefined) {
    const message = 'the archive has no META-INF/MANIFEST.MF, so it is no jar; pack it anew';
    throw new SluiceError('PLUGIN_ARCHIVE_INVALID', message, { details: { rule: 'format' } });
  }
  return { manifest, classes: classes.sort(), stops: stops.sort() };
}

/** The main part of a manifest: lines of `Name: value`, gone on by a line that begins with a blank. */
function parseManifest(text: string): Record<string, string> {
  const [main = ''] = text.replace(/\r\n?/g, '\n').replace(/\n /g, '').split('\n\n');
  return Object.fromEntries(
    main.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : [];
    }),
  );
}

/** Bytes of each kind of constant after its tag, by the class file format (JVM specification, 4.4). */
const CONSTANT_BYTES: Readonly<Record<number, number>> = {
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 2,
  8: 2,
  9: 4,
  10: 4,
  11: 4,
  12: 4,
  15: 3,
  16: 2,
  17: 4,
  18: 4,
  19: 2,
  20: 2,
};

/** The name of the class that a class file extends, with slashes; undefined when it cannot be read. */
function superClass(bytes: Buffer): string | undefined {
  try {
    if (bytes.readUInt32BE(0) !== 0xcafebabe) return undefined;
    const texts = new Map<number, string>();
    const names = new Map<number, number>();
    const count = bytes.readUInt16BE(8);
    let at = 10;
    for (let index = 1; index < count; index += 1) {
      const tag = bytes.readUInt8(at);
      if (tag === 1) {
        const length = bytes.readUInt16BE(at + 1);
        texts.set(index, bytes.toString('utf8', at + 3, at + 3 + length));
        at += 3 + length;
        continue;
      }
      const length = CONSTANT_BYTES[tag];
      if (length === undefined) return undefined;
      if (tag === 7) names.set(index, bytes.readUInt16BE(at + 1));
      if (tag === 5 || tag === 6) index += 1; // these take two places
      at += 1 + length;
    }
    return texts.get(names.get(bytes.readUInt16BE(at + 4)) ?? 0);
  } catch {
    return undefined; // cut off: it is listed as a class and no more
  }
}

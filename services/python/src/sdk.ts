import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

/** The Python code of the platform: what authors import, and the process that runs stops. */
export const SDK_FOLDER = fileURLToPath(new URL('../sluice_sdk', import.meta.url));
const NAME = 'sluice_sdk';

/** The Python SDK as pip installs it. */
export interface SdkWheel {
  readonly fileName: string;
  readonly content: Buffer;
}

/** Packs the Python SDK as a wheel (PEP 427): a zip whose files are stored as they are, the same at every time. */
export async function buildSdkWheel(): Promise<SdkWheel> {
  const paths = (await readdir(SDK_FOLDER, { recursive: true })).filter((path) => path.endsWith('.py')).sort();
  const files = new Map<string, Buffer>();
  for (const path of paths) files.set(`${NAME}/${path.replaceAll('\\', '/')}`, await readFile(join(SDK_FOLDER, path)));
  const version = /__version__ = "([^"]+)"/.exec(files.get(`${NAME}/__init__.py`)?.toString('utf8') ?? '')?.[1] ?? '';
  const info = `${NAME}-${version}.dist-info`;
  const metadata = ['Metadata-Version: 2.1', 'Name: sluice-sdk', `Version: ${version}`, 'Requires-Dist: pyarrow'];
  const about = ['Summary: What authors of Sluice stops in Python import.', 'Requires-Python: >=3.9', ''];
  files.set(`${info}/METADATA`, Buffer.from([...metadata, ...about].join('\n')));
  const wheel = ['Wheel-Version: 1.0', 'Generator: sluice', 'Root-Is-Purelib: true', 'Tag: py3-none-any', ''];
  files.set(`${info}/WHEEL`, Buffer.from(wheel.join('\n')));
  const records = [...files].map(([path, content]) => {
    const sum = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${sum},${content.length}`;
  });
  files.set(`${info}/RECORD`, Buffer.from([...records, `${info}/RECORD,,`, ''].join('\n')));
  return { fileName: `${NAME}-${version}-py3-none-any.whl`, content: zip(files) };
}

/** A zip of files that are stored (PKWARE's application note, 4.3); the time is 1980, where zip begins. */
function zip(files: ReadonlyMap<string, Buffer>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, content] of files) {
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(0x00210000, 6);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const body = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, content]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(0o100644 * 2 ** 16, 6);
    entry.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, entry, name]));
    bodies.push(body);
    at += body.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.size, 8);
  end.writeUInt16LE(files.size, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, central, end]);
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

const NAME = 'sluice_sdk';

/** The Python SDK as pip installs it. */
export interface SdkWheel {
  readonly fileName: string;
  readonly content: Buffer;
}

/** The folder of the Python SDK that is installed here. */
export function pythonSdkFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@sluice/sdk-python/package.json')), NAME);
}

/** Packs the Python SDK as a wheel (PEP 427): a zip whose files are stored as they are, the same at every time. */
export async function packPythonSdk(): Promise<SdkWheel> {
  const folder = pythonSdkFolder();
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.py')).sort();
  const files = new Map<string, Buffer>();
  for (const path of paths) files.set(`${NAME}/${path.replaceAll('\\', '/')}`, await readFile(join(folder, path)));
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
  return { fileName: `${NAME}-${version}-py3-none-any.whl`, content: await zip(files) };
}

/** A zip of files that are stored, the same whenever and wherever it is made: zip's times begin in 1980. */
async function zip(files: ReadonlyMap<string, Buffer>): Promise<Buffer> {
  const archive = new ZipFile();
  const options = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100644 };
  for (const [path, content] of files) archive.addBuffer(content, path, options);
  archive.end();
  return buffer(archive.outputStream);
}

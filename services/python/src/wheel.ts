import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '@sluice/plugin-sdk';
import type { Interpreter } from './interpreter.js';

/** What a wheel is, by its name and its metadata (PEP 427 and the core metadata of Python packages). */
export interface Wheel {
  readonly name: string;
  /** As Python writes it, such as `2.3.3` or `4.0rc1`. */
  readonly version: string;
  /** Its top-level modules. */
  readonly modules: readonly string[];
  /** Whether native code is in it. */
  readonly native: boolean;
}

interface Tags {
  readonly python: readonly string[];
  readonly abi: readonly string[];
  readonly platform: readonly string[];
}

const NAME = /^([^-]+)-([^-]+)(?:-\d[^-]*)?-([^-]+)-([^-]+)-([^-]+)\.whl$/i;

function tagsOf(fileName: string): Tags {
  const [, , , python = '', abi = '', platform = ''] = NAME.exec(fileName) ?? [];
  if (platform === '') throw damaged(fileName, 'is not named as wheels are: name-version-python-abi-platform.whl');
  return { python: python.split('.'), abi: abi.split('.'), platform: platform.split('.') };
}

/** Why a wheel does not run on a Python; undefined when it does. Versions of the system's C library are not judged. */
export function wheelFits(fileName: string, { version, machine, system }: Interpreter): string | undefined {
  const tags = tagsOf(fileName);
  const [major = 3, minor = 0] = version.split('.').map(Number);
  const isPython = tags.python.some((tag) => {
    const [, kind = '', its = '', least = ''] = /^(py|cp)(\d)(\d*)$/.exec(tag) ?? [];
    if (Number(its) !== major) return false;
    if (least === '') return true;
    // `cp39-abi3` and `py38` run on that and later versions, `cp311-cp311` on that one.
    return kind === 'py' || tags.abi.includes('abi3') ? minor >= Number(least) : minor === Number(least);
  });
  if (!isPython) return `is for ${tags.python.join('.')}, and this is Python ${version}`;
  const isPlatform = tags.platform.some((tag) => {
    if (tag === 'any') return true;
    const family = system === 'linux' ? /^(many|)linux/ : system === 'macosx' ? /^macosx_/ : /^win/;
    return family.test(tag) && (tag.endsWith(machine.toLowerCase()) || tag.endsWith('universal2'));
  });
  return isPlatform ? undefined : `is for ${tags.platform.join('.')}, and this is ${system} on ${machine}`;
}

/** Reads a wheel that lies unpacked in a folder; PLUGIN_ARCHIVE_INVALID when it is none. */
export async function readWheel(folder: string, fileName: string): Promise<Wheel> {
  tagsOf(fileName);
  const entries = await readdir(folder, { withFileTypes: true });
  const info = entries.find((each) => each.isDirectory() && each.name.endsWith('.dist-info'))?.name;
  if (info === undefined) throw damaged(fileName, 'has no folder .dist-info, so it is no wheel');
  const metadata = await readFile(join(folder, info, 'METADATA'), 'utf8').catch(() => '');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.+?)\\s*$`, 'im').exec(metadata)?.[1] ?? '';
  const [name, version] = [field('Name'), field('Version')];
  if (name === '' || version === '') throw damaged(fileName, `has no name and version in ${info}/METADATA`);
  const modules = entries
    .filter((each) =>
      each.isDirectory() ? !/\.(dist-info|data|libs)$/.test(each.name) : /\.(py|so|pyd)$/.test(each.name),
    )
    .map((each) => each.name.replace(/(\.cpython[^.]*|\.abi3)?\.(py|so|pyd)$/, ''));
  const files = await readdir(folder, { recursive: true });
  const native = files.some((path) => /\.(so|pyd|dylib|dll)(\.[\d.]+)?$/.test(path));
  return { name: name.toLowerCase().replace(/[-_.]+/g, '-'), version, modules: modules.sort(), native };
}

function damaged(fileName: string, what: string): SluiceError {
  const message = `the wheel '${fileName}' ${what}; build it anew, or download it with pip`;
  return new SluiceError('PLUGIN_ARCHIVE_INVALID', message, { details: { rule: 'format' } });
}

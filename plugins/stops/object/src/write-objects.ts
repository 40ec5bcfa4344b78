import { createHash } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { SluiceError, type Dataset, type FormatOptions, type SaveMode, type StopContext } from '@sluice/plugin-sdk';
import { parseLocation } from './location.js';
import { ANSWER_MS } from './read-objects.js';
import { ObjectStore, type Target } from './store.js';

type Context = Pick<StopContext, 'engine' | 'signal' | 'scratch' | 'beforeCommit' | 'run' | 'stop'>;

/** What to write, and where. */
export interface ObjectWrite {
  readonly target: Target;
  readonly path: string;
  readonly format: string;
  readonly options: FormatOptions;
  readonly mode: SaveMode;
}

/**
 * Writes rows as part objects of a folder. A store has no step for many objects at once: the new ones appear one after
 * another, then the old ones go, then `_SUCCESS` is there. Their names are made of the run, so that one that is tried
 * again replaces its own.
 *
 * @returns the number of rows, or undefined where `ignore` found the folder
 */
export async function writeObjects(context: Context, write: ObjectWrite, input: Dataset): Promise<number | undefined> {
  const { engine, signal, beforeCommit } = context;
  const { target, path, format, options, mode } = write;
  const { bucket, key } = parseLocation(path);
  if (key === '') throw new SluiceError('PROPERTY_INVALID', `'${path}' is a whole bucket; name a folder in it`);
  const store = new ObjectStore(target, { timeoutMs: ANSWER_MS, signal });
  const sent: string[] = [];
  let isComplete = false;
  try {
    const old = new Set<string>();
    for await (const object of store.list(bucket, `${key}/`)) old.add(object.key);
    if (old.size > 0 && mode === 'ignore') return undefined;
    if (old.size > 0 && mode === 'error')
      throw new SluiceError('FILE_EXISTS', `there are objects at '${path}' already`);
    const folder = join(await context.scratch(), 'objects');
    const { rows, files } = await engine.write(input, format, folder, { ...options, mode: 'overwrite' });
    const mark = createHash('sha256')
      .update(JSON.stringify([context.run.id, context.stop]))
      .digest('hex')
      .slice(0, 12);
    for (const file of files) {
      const [, folders = '', name = ''] = /^(.*\/)?([^/]*)$/.exec(relative(folder, file).split(sep).join('/')) ?? [];
      const place = `${key}/${folders}${name.replace(/^(part-\d+)-[0-9a-f-]{36}/, `$1-${mark}`)}`;
      await beforeCommit();
      sent.push(place);
      await store.upload(file, bucket, place, signal);
    }
    await beforeCommit();
    isComplete = true;
    const isKept = new Set(sent);
    if (mode === 'overwrite') for (const each of old) if (!isKept.has(each)) await store.remove(bucket, each);
    await store.mark(bucket, `${key}/_SUCCESS`);
    return rows;
  } catch (error) {
    // A cancelled run has no connection left; its parts go when it is tried again, or stay.
    const isUndone = !isComplete && !signal.aborted;
    await Promise.allSettled(isUndone ? sent.map((each) => store.remove(bucket, each)) : []);
    signal.throwIfAborted();
    throw error;
  } finally {
    store.close();
  }
}

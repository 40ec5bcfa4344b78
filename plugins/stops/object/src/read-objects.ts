import { join, posix } from 'node:path';
import { SluiceError, type Dataset, type FormatOptions, type StopContext } from '@sluice/plugin-sdk';
import { isHidden, parseLocation } from './location.js';
import { ObjectStore, type StoredObject, type Target } from './store.js';

type Context = Pick<StopContext, 'engine' | 'signal' | 'scratch' | 'log'>;

/** Objects that are fetched at once. */
const AT_ONCE = 4;

/** How long one answer may take, in milliseconds. */
export const ANSWER_MS = 60_000;

/**
 * The rows of an object, or of those below a folder. They are fetched into the run's scratch folder first, so that the engine
 * reads files; folders such as `year=2024` become columns.
 */
export async function readObjects(
  context: Context,
  target: Target,
  path: string,
  format: string,
  options: FormatOptions,
): Promise<Dataset> {
  const { signal, engine, log } = context;
  const { bucket, key } = parseLocation(path);
  const folder = join(await context.scratch(), 'objects');
  const store = new ObjectStore(target, { timeoutMs: ANSWER_MS, signal });
  try {
    const { objects, base } = await objectsAt(store, bucket, key);
    if (objects.length === 0) {
      throw new SluiceError('FILE_NOT_FOUND', `there is no object at '${path}'`, { details: { path } });
    }
    let next = 0;
    const work = async (): Promise<void> => {
      for (let object = objects[next++]; object !== undefined; object = objects[next++]) {
        await store.download(bucket, object.key, join(folder, relativeName(object.key, base)), signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const bytes = objects.reduce((sum, each) => sum + each.bytes, 0);
    log.info(`${objects.length} objects with ${bytes} bytes fetched from '${path}'`);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    store.close();
  }
  return engine.read(format, folder, options);
}

async function objectsAt(store: ObjectStore, bucket: string, key: string) {
  const objects: StoredObject[] = [];
  for await (const object of store.list(bucket, key)) {
    // An object of that very name, or what lies below it; `ab` is not below `a`.
    if (object.key === key) return { objects: [object], base: posix.dirname(key) };
    const isBelow = key === '' || object.key.startsWith(`${key}/`);
    if (isBelow && !object.key.endsWith('/') && !isHidden(object.key.slice(key.length + 1))) objects.push(object);
  }
  return { objects, base: key };
}

/** The path of an object below the folder; the store's names are not trusted. */
function relativeName(key: string, base: string): string {
  const relative = base === '' || base === '.' ? key : key.slice(base.length + 1);
  const isOdd = relative.split('/').some((name) => name === '' || name === '.' || name === '..' || /[\\\0]/.test(name));
  if (!isOdd) return relative;
  throw new SluiceError('DATA_INVALID', `the store names an object '${key}', which is no name of a file`);
}

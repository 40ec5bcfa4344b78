import { createHash } from 'node:crypto';
import { SluiceError, type Dataset, type StopContext, type Value } from '@sluice/plugin-sdk';
import { BSON, MongoBulkWriteError, type AnyBulkWriteOperation, type Document, type Filter } from 'mongodb';
import { clientError } from './failures.js';
import { WAIT_MS } from './read-collection.js';
import { openClient, type Target } from './target.js';
import { writerOf } from './value-bson.js';

type Context = Pick<StopContext, 'signal' | 'beforeCommit' | 'run' | 'stop'>;

/** Documents that go in one request, at most; the driver sends several where they are too large for one. */
const MOST_DOCUMENTS = 1000;

/**
 * Writes each row as a document. One with the same `_id` is replaced; where there is no such column, the `_id` is made of the
 * run, the stop and the number of the row, so that a run that is tried again writes the same documents again and no more.
 *
 * @returns the number of rows
 */
export async function writeCollection(
  context: Context,
  target: Target,
  database: string,
  collection: string,
  input: Dataset,
): Promise<number> {
  const { signal, beforeCommit } = context;
  const idColumn = input.columns.findIndex(({ name }) => name === '_id');
  const writers = input.columns.map((column) => writerOf(column));
  const makeId = idMaker(context.run.id, context.stop);
  const where = `${database}.${collection}`;
  const client = await openClient(target, { timeoutMs: WAIT_MS, signal });
  let rows = 0;
  try {
    const documents = client.db(database).collection(collection);
    for await (const { length, columns } of input.batches()) {
      await beforeCommit();
      let operations: AnyBulkWriteOperation<Document>[] = [];
      const send = async (): Promise<void> => {
        if (operations.length > 0) await documents.bulkWrite(operations, { ordered: false });
        operations = [];
      };
      for (let r = 0; r < length; r++) {
        const fields = input.columns.map(({ name }, c): [string, unknown] => {
          const value: Value = columns[c]?.[r] ?? null;
          return [name, value === null ? null : writers[c]?.(value)];
        });
        const given = idColumn < 0 ? undefined : fields[idColumn]?.[1];
        if (given === null) throw new SluiceError('DATA_INVALID', `row ${rows + 1}: '_id' is NULL`);
        const id = given === undefined ? makeId(rows) : idOf(given);
        const replacement = { _id: id, ...Object.fromEntries(fields.filter(([name]) => name !== '_id')) } as Document;
        operations.push({ replaceOne: { filter: { _id: id } as Filter<Document>, replacement, upsert: true } });
        rows++;
        if (operations.length === MOST_DOCUMENTS) await send();
      }
      await send();
    }
    return rows;
  } catch (error) {
    signal.throwIfAborted();
    throw clientError(target.addresses.join(','), firstError(error), `writing '${where}'`);
  } finally {
    await client.close();
  }
}

/** Ids of a run's rows, in their order: 8 bytes of a digest, 4 of the number. */
function idMaker(run: string, stop: string): (row: number) => BSON.ObjectId {
  const digest = createHash('sha256')
    .update(JSON.stringify([run, stop]))
    .digest();
  return (row) => {
    const bytes = Buffer.alloc(12);
    digest.copy(bytes, 0, 0, 8);
    bytes.writeUInt32BE(row >>> 0, 8);
    return new BSON.ObjectId(bytes);
  };
}

/** The text of an ObjectId, as reading gives it, is one again. */
function idOf(value: unknown): unknown {
  return typeof value === 'string' && /^[0-9a-f]{24}$/.test(value) ? new BSON.ObjectId(value) : value;
}

/** Of a batch that failed, the first document's failure. */
function firstError(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  const [first] = [error.writeErrors].flat();
  return first === undefined ? error : Object.assign(new Error(first.errmsg ?? error.message), { code: first.code });
}

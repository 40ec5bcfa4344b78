import { createHash } from 'node:crypto';
import { SluiceError, toBytes, type Database } from '@sluice/chassis';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { DATABASE } from '../flows/flows.store.js';

export const PACKAGE_BYTES: InjectionToken<PackageBytes> = Symbol('PackageBytes');

/** How large a block of an archive is; all but the last are of this size, whoever uploads. */
export const BLOCK_BYTES = 2 ** 20;

/** How much of an archive has come. */
export interface Received {
  readonly bytes: number;
  readonly complete: boolean;
}

/** The bytes of archives by their digest. */
@injectable()
export class PackageBytes {
  readonly #database: Database;

  constructor(@inject(DATABASE) database: Database) {
    this.#database = database;
  }

  async received(digest: string): Promise<Received> {
    const row: unknown = await this.#database.knex('catalog_packages').where({ digest }).first();
    if (row === undefined) return { bytes: 0, complete: false };
    const { received, complete } = row as { received: unknown; complete: unknown };
    return { bytes: Number(received), complete: Number(complete) === 1 };
  }

  /** Keeps the block that begins at a place. The same block may come twice. */
  async append(digest: string, at: number, data: Buffer, now: number): Promise<void> {
    await this.#database.transaction(async (trx) => {
      const number = at / BLOCK_BYTES;
      await trx('catalog_package_blocks').insert({ digest, number, data }).onConflict(['digest', 'number']).merge();
      const fresh = { digest, received: at + data.length, complete: false, update_time: now };
      const known: unknown = await trx('catalog_packages').where({ digest }).forUpdate().first('digest');
      if (known === undefined) await trx('catalog_packages').insert(fresh).onConflict('digest').ignore();
      const received = trx.raw(`case when received < ? then ? else received end`, [fresh.received, fresh.received]);
      await trx('catalog_packages').where({ digest }).update({ received, update_time: now });
    });
  }

  /** Says that all has come, when it is what the digest says; else it is forgotten, so that it can come anew. */
  async complete(digest: string, now: number): Promise<{ readonly sha512: string }> {
    const sum = createHash('sha256');
    const long = createHash('sha512');
    for await (const block of this.read(digest)) {
      sum.update(block);
      long.update(block);
    }
    const found = sum.digest('hex');
    if (found !== digest) {
      await this.forget(digest);
      const message = `the archive's SHA-256 is ${found}, not ${digest}: it was changed on its way; upload it again`;
      throw new SluiceError('PLUGIN_ARCHIVE_INVALID', message, { details: { rule: 'digest', digest, found } });
    }
    await this.#database.knex('catalog_packages').where({ digest }).update({ complete: true, update_time: now });
    return { sha512: long.digest('hex') };
  }

  /** The archive, block by block. */
  async *read(digest: string): AsyncGenerator<Buffer> {
    for (let number = 0; ; number += 1) {
      const row: unknown = await this.#database.knex('catalog_package_blocks').where({ digest, number }).first('data');
      if (row === undefined) return;
      const data = toBytes((row as { data: unknown }).data);
      yield data;
      if (data.length < BLOCK_BYTES) return;
    }
  }

  async forget(digest: string): Promise<void> {
    await this.#database.transaction(async (trx) => {
      await trx('catalog_package_blocks').where({ digest }).delete();
      await trx('catalog_packages').where({ digest }).delete();
    });
  }

  /** Archives that no kept package has and that nobody has touched since a time. */
  async abandoned(before: number): Promise<string[]> {
    const rows = await this.#database
      .knex('catalog_packages as p')
      .leftJoin('catalog_plugins as k', 'k.digest', 'p.digest')
      .whereNull('k.digest')
      .where('p.update_time', '<', before)
      .limit(100)
      .select('p.digest as digest');
    return rows.map((row: { digest: string }) => row.digest);
  }
}

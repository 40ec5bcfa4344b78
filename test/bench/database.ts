import { freshDatabase, hasDatabase, type FreshDatabase } from '@sluice/chassis/testing';

/** An empty database of MariaDB, or nothing where there is none. */
export async function benchDatabase(): Promise<FreshDatabase | undefined> {
  return hasDatabase('mariadb') ? freshDatabase('mariadb') : undefined;
}

export { DATABASE_KINDS, freshDatabase, hasDatabase, natsUrl, testConfig } from './fresh-database.js';
export type { DatabaseKind, FreshDatabase } from './fresh-database.js';
export { unimplemented } from './unimplemented.js';
export { migrate } from '../database/migrate.js';
export type { OpenDatabase } from '../database/database.js';
export { freePort } from './free-port.js';
export { hasNatsServer, natsServer } from './nats-server.js';
export type { NatsServer } from './nats-server.js';

export type { Config, SettingKey } from './config/settings.js';
export type { Database, Dialect } from './database/database.js';
export type { Migration } from './database/migration.js';
export { ERROR_CODES, REASONS, SluiceError, isSluiceError, toSluiceError } from './errors.js';
export type { ErrorCode, ErrorOptions, Problem, Reason } from './errors.js';
export { eventPayload, readPayload } from './events/event.js';
export type {
  Bus,
  EventPayload,
  MessageCodec,
  Outbox,
  OutgoingEvent,
  ReceivedEvent,
  Subscription,
} from './events/event.js';
export type { ForeignMessage, ForeignOptions, ForeignSubjects } from './events/foreign-subjects.js';
export type { Lifecycle } from './lifecycle.js';
export type {
  Call,
  CallOptions,
  Client,
  Clients,
  Handlers,
  MethodDefinition,
  RpcServer,
  ServiceDefinition,
} from './rpc/definition.js';
export type { Platform, Service } from './service.js';
export type { Knex } from 'knex';
export type { Logger } from 'pino';
export type { Registry } from 'prom-client';
export { loadConfig } from './config/load.js';
export type { LoadOptions, LoadedConfig, Source } from './config/load.js';
export { describeConfig } from './config/describe.js';
export type { DescribedSetting } from './config/describe.js';
export { settingsTable } from './config/reference.js';
export { createTable, toBytes } from './database/columns.js';
export type { Columns } from './database/columns.js';
export { isDiskFull, isDuplicateKey } from './database/failures.js';
export { insertRows, updateRows } from './database/many-rows.js';
export type { Row } from './database/many-rows.js';
export { openKeepersVault, openVault, type OpenVaultOptions } from './secrets/open-vault.js';
export { redactor } from './secrets/redact.js';
export { Vault, type Sealed } from './secrets/vault.js';
export { launch } from './launch.js';
export type { LaunchOptions, Launched } from './launched.js';
export { fromErrorInfo, toErrorInfo } from './rpc/error-info.js';
export { ifServed } from './rpc/if-served.js';
export { connect } from './rpc/connect.js';
export { probeDatabase, probeNats } from './probe.js';
export type { Connection } from './rpc/connect.js';
export { pageOf, pageSize, readPageToken } from './paging.js';
export type { Page } from './paging.js';

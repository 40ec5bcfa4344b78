/** All that an author of stops, engines and other contributions installs. */
export { SDK_VERSION } from './version.js';
export { SluiceError, isSluiceError, toSluiceError, REASONS, ERROR_CODES } from './errors.js';
export type { ErrorCode, Reason, Problem, ErrorOptions } from './errors.js';
export { nearest, didYouMean } from './text.js';
export type { Text } from './text.js';
export { none, single, optionalSingle, any, routed, named } from './ports.js';
export type { PortShape } from './ports.js';
export { unpacked } from './dataset.js';
export type {
  Batch,
  Column,
  Dataset,
  NumberArray,
  PackedBatch,
  PackedNumbers,
  PackedTexts,
  PackedVector,
  Value,
  Vector,
} from './dataset.js';
export type { Condition, Wanted } from './wanted.js';
export type { Engine, Files, FormatOptions, MadeRows, SaveMode, Warehouse, Written } from './engine.js';
export { property, PROPERTY_KINDS } from './property.js';
export type { Property, PropertyKind, Properties, Values } from './property.js';
export { compression, encoding, mode, placing, readPath } from './file-properties.js';
export { host, password, port, tls, user } from './connection-properties.js';
export type { Tls } from './connection-properties.js';
export { connectionError, driverError, messageOf, socketStep } from './connection-error.js';
export type { DriverErrors, Place } from './connection-error.js';
export { fieldName, inferredName, mergeTypes, NO_TYPE } from './inferred-type.js';
export type { InferredType } from './inferred-type.js';
export { asTexts, columnAt, columnNamed, columnText, positionsOf, quoteName } from './columns.js';
export { readProperties } from './read-properties.js';
export type { ReadProperties } from './read-properties.js';
export { defineStop } from './define-stop.js';
export type { Example, Inputs, Outputs, StopContext, StopDefinition, StopLog, Table } from './define-stop.js';
export { defineEngine } from './define-engine.js';
export type {
  EngineDefinition,
  EngineListener,
  EngineOptions,
  EngineSession,
  OpenEngine,
  Port,
  PortCount,
  RowsPage,
  SessionOptions,
} from './define-engine.js';
export { CONNECTION_STEPS, defineDatasource } from './define-datasource.js';
export type {
  BrowseEntry,
  Connection,
  ConnectionStep,
  ConnectOptions,
  DatasourceDefinition,
  Reading,
  ReadRowsOptions,
  RowSource,
  ServerAbout,
  WriteRowsOptions,
  WrittenRows,
} from './define-datasource.js';
export { definePlugin } from './define-plugin.js';
export type { PluginDefinition } from './define-plugin.js';
export { describeDatasource, describePlugin, describeStop } from './manifest.js';
export type { DatasourceManifest, PluginManifest, StopManifest } from './manifest.js';

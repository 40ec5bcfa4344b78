import { SluiceError, type ConnectOptions } from '@sluice/plugin-sdk';

/** The npm package of the driver, which its licence does not allow to pass on. */
export const PACKAGE = 'dmdb';

/** What is used of the driver (`index.d.ts` of dmdb 1.0). */
export interface DamengDriver {
  readonly OUT_FORMAT_ARRAY: number;
  readonly STRING: number;
  readonly BUFFER: number;
  readonly NUMBER: number;
  getConnection(attributes: Readonly<Record<string, unknown>>): Promise<DamengConnection>;
}

export interface DamengConnection {
  execute(sql: string, binds: readonly unknown[], options: object): Promise<DamengResult>;
  executeMany(sql: string, binds: readonly (readonly unknown[])[], options: object): Promise<unknown>;
  getStatementInfo(sql: string): Promise<{ readonly metaData?: readonly DamengColumn[] }>;
  close(): Promise<void>;
}

export interface DamengResult {
  readonly metaData?: readonly DamengColumn[];
  readonly resultSet?: { getRows(count: number): Promise<readonly (readonly unknown[])[]>; close(): Promise<void> };
}

/** A column as the driver describes it. */
export interface DamengColumn {
  readonly name: string;
  /** Such as `VARCHAR`. */
  readonly dbTypeName?: string;
  readonly precision?: number;
  readonly scale?: number;
}

/**
 * The driver that an operator has uploaded.
 *
 * @throws BUNDLE_MISSING where none is mounted
 */
export async function loadDriver({ bundle }: ConnectOptions): Promise<DamengDriver> {
  const found = await bundle?.(PACKAGE);
  if (typeof found === 'object' && found !== null) {
    const { default: own = found } = found as { readonly default?: unknown };
    return own as DamengDriver;
  }
  const message =
    `the driver of Dameng is not mounted: its licence does not allow Sluice to bring it; upload the npm package ${PACKAGE} ` +
    'as a bundle and mount it (docs/datasources.md, Dameng)';
  throw new SluiceError('BUNDLE_MISSING', message, { details: { bundles: PACKAGE } });
}

/** A database that is reached over the network, and how. */
export interface ServerTarget {
  readonly driver:
    'mysql' | 'postgresql' | 'sqlserver' | 'oracle' | 'dameng' | 'clickhouse' | 'presto' | 'impala' | 'tdengine';
  readonly host: string;
  readonly port: number;
  /** Empty when none is named. With Oracle the name of the service, with openLooKeng catalog/schema, with Dameng a schema. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Whether the connection is encrypted: never, when the server can, always, always and its certificate checked. */
  readonly tls: 'off' | 'prefer' | 'require' | 'verify';
  /** Whether a date of zeros is read as null; else it is an error. */
  readonly zeroDatesAsNull: boolean;
  /** The schemas in which PostgreSQL looks for names, by commas; default those of the user. */
  readonly searchPath?: string;
}

/** A database that is a file. */
export interface FileTarget {
  readonly driver: 'sqlite' | 'duckdb';
  /** The file as it was written; whoever connects says which path it stands for. */
  readonly path: string;
}

export type Target = ServerTarget | FileTarget;

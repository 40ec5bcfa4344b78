import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBScalarFunction,
  FLOAT,
  INTEGER,
  LIST,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

export type NativeType =
  'string' | 'int' | 'bigint' | 'double' | 'float' | 'boolean' | 'date' | 'binary' | 'string[]' | 'double[]';
type NativeValue = string | number | bigint | boolean | Uint8Array | readonly NativeValue[] | null;

/** A scalar function in JavaScript. NULL in any argument gives NULL without a call, unless `nullable`. */
export interface Native {
  readonly name: string;
  readonly parameters: readonly NativeType[];
  readonly result: NativeType;
  /** Dates are days since 1970-01-01, binary values Uint8Array. */
  readonly call: (...args: never[]) => NativeValue | undefined;
  readonly nullable?: boolean;
}

const TYPES: Readonly<Record<NativeType, DuckDBType>> = {
  string: VARCHAR,
  int: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  float: FLOAT,
  boolean: BOOLEAN,
  date: DATE,
  binary: BLOB,
  'string[]': LIST(VARCHAR),
  'double[]': LIST(DOUBLE),
};

/** Declares a function, with its JavaScript types checked against the declared ones where it is written. */
export const native = (
  name: string,
  parameters: readonly NativeType[],
  result: NativeType,
  call: Native['call'],
  nullable = false,
): Native => ({ name, parameters, result, call, nullable });

export function register(connection: DuckDBConnection, { name, parameters, result, call, nullable }: Native): void {
  const run = call as (...args: readonly unknown[]) => NativeValue | undefined;
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name,
      returnType: TYPES[result],
      parameterTypes: parameters.map((type) => TYPES[type]),
      ...(nullable === true ? { specialHandling: true } : {}),
      mainFunction: (_info, input, output) => {
        const columns = parameters.map((_, i) => input.getColumnVector(i));
        for (let row = 0; row < input.rowCount; row++) {
          const args = columns.map((column) => column.getItem(row) as DuckDBValue);
          const value = nullable !== true && args.includes(null) ? null : run(...args.map(toScript));
          output.setItem(row, toDuckDB(value ?? null, result));
        }
        output.flush();
      },
    }),
  );
}

function toScript(value: DuckDBValue): unknown {
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBListValue) return value.items.map(toScript);
  return value instanceof DuckDBDateValue ? value.days : value;
}

function toDuckDB(value: NativeValue, type: NativeType): DuckDBValue {
  if (value === null) return null;
  if (type === 'date') return new DuckDBDateValue(value as number);
  if (type === 'binary') return new DuckDBBlobValue(value as Uint8Array);
  if (type.endsWith('[]')) {
    const inner = type.slice(0, -2) as NativeType;
    return new DuckDBListValue((value as readonly NativeValue[]).map((item) => toDuckDB(item, inner)));
  }
  return value as DuckDBValue;
}

import { cast } from '../casts.js';
import type { SparkType } from '../types.js';
import {
  BIGINT,
  BINARY,
  BOOLEAN,
  DATE,
  decimal,
  DOUBLE,
  FLOAT,
  INT,
  SMALLINT,
  STRING,
  TIMESTAMP,
  TINYINT,
} from '../types.js';
import { special, type FunctionRow } from './row.js';

/** `int(x)` and the like: a cast that columns do not show. */
const row = (name: string, type: SparkType): FunctionRow =>
  special(`${name}(expr any) -> ${name}`, (scope, node, analyze) => {
    const [value] = node.args.map((arg) => analyze(scope, arg));
    if (!value || node.args.length !== 1) throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(expr) takes 1 argument`);
    return { ...cast(scope, value, type), at: node.at };
  });

export const ROWS: readonly FunctionRow[] = [
  row('boolean', BOOLEAN),
  row('tinyint', TINYINT),
  row('smallint', SMALLINT),
  row('int', INT),
  row('bigint', BIGINT),
  row('float', FLOAT),
  row('double', DOUBLE),
  row('decimal', decimal(10, 0)),
  row('string', STRING),
  row('binary', BINARY),
  row('date', DATE),
  row('timestamp', TIMESTAMP),
];

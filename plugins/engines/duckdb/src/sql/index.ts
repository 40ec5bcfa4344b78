/** Spark SQL on DuckDB: what a Spark user writes, in DuckDB's words, with Spark's meaning or refused by name. */
export { addFunctions, type EngineFunction } from './functions/added.js';
export { Cursor } from './cursor.js';
export { describeFunctions } from './document.js';
export { duckdbType, sparkType } from './duckdb-types.js';
export { prepareInstance } from './natives/index.js';
export { readType } from './parse-type.js';
export { quoteIdentifier, quoteLiteral } from './quote.js';
export type { SqlOptions } from './scope.js';
export { answerLine, queryError, runSql, type SqlAnswer } from './run-sql.js';
export { explainQuery, translateCondition, translateQuery, type TranslatedQuery, type View } from './translate.js';
export { typeText } from './types.js';

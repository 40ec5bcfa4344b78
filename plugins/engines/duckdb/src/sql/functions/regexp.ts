import { javaPattern, javaReplacement } from '../java-pattern.js';
import { quoteLiteral } from '../quote.js';
import { scalar, type Call, type FunctionRow } from './row.js';

const pattern = (call: Call, index = 1): string => {
  const value = call.args[index];
  if (!value) throw new RangeError('the pattern is a required argument');
  if (value.literal === '' && call.node.name.toLowerCase() !== 'split')
    throw call.scope.unsupported(call.at, 'the empty regular expression', 'write a pattern that matches characters');
  return javaPattern(call.scope, value);
};

/** A match's group. A number that no group has is an error where the pattern matches, and only there. */
function grouped(call: Call, word: string, none: string): string {
  const group = call.args[2];
  const [text, regex] = [call.sql(0), pattern(call)];
  const literal = call.args[1]?.literal;
  if (literal === null || group?.literal === null) return `CAST(NULL AS ${none === "''" ? 'VARCHAR' : 'VARCHAR[]'})`;
  if (typeof group?.literal !== 'string')
    throw call.scope.unsupported(call.at, 'a group number that is not a literal', 'write it as a whole number');
  const count = typeof literal === 'string' ? countGroups(literal) : 0;
  const index = Number(group.literal);
  if (index >= 0 && index <= count) return `${word}(${text}, ${regex}, ${index})`;
  const fault = `the pattern has ${count} groups, group ${index} is wanted`;
  return `CASE WHEN regexp_matches(${text}, ${regex}) THEN error('[INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX] ${fault}') WHEN ${text} IS NOT NULL THEN ${none} END`;
}

function countGroups(regex: string): number {
  return (
    regex
      .replace(/\\./g, '')
      .replace(/\[[^\]]*\]/g, '')
      .match(/\((?!\?(?!<[a-zA-Z]))/g) ?? []
  ).length;
}

export const ROWS: readonly FunctionRow[] = [
  scalar(
    'regexp_count(str string, regexp string) -> int',
    (call) => `CAST(len(regexp_extract_all(${call.sql(0)}, ${pattern(call)})) AS INTEGER)`,
  ),
  scalar(
    'regexp_extract(str string, regexp string, idx int = 1) -> string',
    (call) => grouped(call, 'regexp_extract', "''"),
    { untried: true },
  ),
  scalar(
    'regexp_extract_all(str string, regexp string, idx int = 1) -> array<string>',
    (call) => grouped(call, 'regexp_extract_all', 'CAST([] AS VARCHAR[])'),
    { untried: true },
  ),
  scalar('regexp_instr(str string, regexp string, idx int = 0) -> int', (call) => {
    const regex = pattern(call);
    const [s] = [call.sql(0)];
    const found = `regexp_extract(${s}, ${regex}, 0)`;
    // The part before the first match ends where the pattern first matches.
    return `CASE WHEN NOT regexp_matches(${s}, ${regex}) THEN CASE WHEN ${call.sql(2)} IS NOT NULL THEN 0 END WHEN ${found} IS NOT NULL AND ${call.sql(2)} IS NOT NULL THEN CAST(length(regexp_extract(${s}, '(?s)^(.*?)(?:' || ${regex} || ')', 1)) + 1 AS INTEGER) END`;
  }),
  scalar('regexp_replace(str string, regexp string, rep string, position int = 1) -> string', (call) => {
    const regex = pattern(call);
    const replacement = javaReplacement(call.scope, call.args[2]);
    const replaced = (text: string): string => `regexp_replace(${text}, ${regex}, ${replacement}, 'g')`;
    const position = call.args[3]?.literal;
    if (position === '1') return replaced(call.sql(0));
    if (typeof position !== 'string')
      throw call.scope.unsupported(
        call.at,
        'regexp_replace from a position that is not a literal',
        'write it as a whole number',
      );
    const first = Number(position);
    if (first < 1) throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'the position of regexp_replace must be from 1 on');
    const text = call.sql(0);
    const rest = replaced(`substring(${text}, ${first})`);
    return `CASE WHEN length(${text}) < ${first} AND ${rest} IS NOT NULL THEN ${text} ELSE left(${text}, ${first - 1}) || ${rest} END`;
  }),
  scalar('regexp_substr(str string, regexp string) -> string', (call) => {
    const regex = pattern(call);
    // A match of nothing is none.
    return `nullif(regexp_extract(${call.sql(0)}, ${regex}, 0), '')`;
  }),
  scalar('split(str string, regex string, limit int = -1) -> array<string>', (call) => {
    const regex = call.args[1]?.literal;
    pattern(call);
    const limit = call.args[2]?.literal;
    if (typeof regex === 'string' && limit === '-1') {
      const plain = plainText(regex);
      if (plain !== undefined && plain !== '') return `string_split(${call.sql(0)}, ${quoteLiteral(plain)})`;
    }
    return `spark_split(${call.sql(0)}, ${pattern(call)}, ${call.sql(2)})`;
  }),
];

/** The text that a pattern without operators matches. */
function plainText(regex: string): string | undefined {
  if (/^[^\\.[\](){}*+?^$|]+$/.test(regex)) return regex;
  const escaped = /^\\([^a-zA-Z0-9])$/.exec(regex);
  return escaped?.[1];
}

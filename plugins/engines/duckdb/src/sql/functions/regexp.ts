import { javaPattern, javaReplacement } from '../java-pattern.js';
import type { JavaRegex } from '../java-regex.js';
import { quoteLiteral } from '../quote.js';
import { scalar, type Call, type FunctionRow } from './row.js';

/** The pattern of a call; undefined for NULL. */
function pattern(call: Call): JavaRegex | undefined {
  const value = call.args[1];
  if (!value) throw new RangeError('the pattern is a required argument');
  return javaPattern(call.scope, value);
}

/** A group of the first match, or of all matches one after another. */
function extracted(call: Call, regex: JavaRegex, group: number, all: boolean): string {
  const word = all ? 'regexp_extract_all' : 'regexp_extract';
  const isJs = regex.onlyJs || regex.takesEnd || (all && regex.canBeEmpty);
  if (isJs && group > 0) refuseForgotten(call, regex);
  const text = call.sql(0);
  return isJs
    ? `spark_${word}(${text}, ${quoteLiteral(regex.js)}, ${group})`
    : `${word}(${text}, ${quoteLiteral(regex.re2)}, ${group})`;
}

function refuseForgotten(call: Call, regex: JavaRegex): void {
  if (regex.forgets)
    throw call.scope.unsupported(
      call.at,
      'a group in a repeated group of such a pattern',
      'repeat no group with groups',
    );
}

/** A match's group. A number that no group has is an error where the pattern matches, and only there. */
function grouped(call: Call, all: boolean): string {
  const group = call.args[2];
  const [text, regex] = [call.sql(0), pattern(call)];
  if (!regex || group?.literal === null) return `CAST(NULL AS ${all ? 'VARCHAR[]' : 'VARCHAR'})`;
  if (typeof group?.literal !== 'string')
    throw call.scope.unsupported(call.at, 'a group number that is not a literal', 'write it as a whole number');
  const index = Number(group.literal);
  if (index >= 0 && index <= regex.groups) return extracted(call, regex, index, all);
  const fault = `the pattern has ${regex.groups} groups, group ${index} is wanted`;
  const matches = `spark_regexp_matches(${text}, ${quoteLiteral(regex.js)})`;
  const none = all ? 'CAST([] AS VARCHAR[])' : "''";
  return `CASE WHEN ${matches} THEN error('[INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX] ${fault}') WHEN ${text} IS NOT NULL THEN ${none} END`;
}

function replaced(call: Call, text: string): string {
  const regex = pattern(call);
  const replacement = regex && javaReplacement(call.scope, call.args[2], regex.groups);
  if (!regex || !replacement) return 'CAST(NULL AS VARCHAR)';
  if (regex.onlyJs || regex.takesEnd || regex.canBeEmpty || replacement.group > Math.min(regex.groups, 9)) {
    if (replacement.group > 0) refuseForgotten(call, regex);
    return `spark_regexp_replace(${text}, ${quoteLiteral(regex.js)}, ${quoteLiteral(replacement.java)}, ${regex.groups})`;
  }
  return `regexp_replace(${text}, ${quoteLiteral(regex.re2)}, ${quoteLiteral(replacement.re2)}, 'g')`;
}

export const ROWS: readonly FunctionRow[] = [
  scalar('regexp_count(str string, regexp string) -> int', (call) => {
    const regex = pattern(call);
    return regex ? `CAST(len(${extracted(call, regex, 0, true)}) AS INTEGER)` : 'CAST(NULL AS INTEGER)';
  }),
  scalar('regexp_extract(str string, regexp string, idx int = 1) -> string', (call) => grouped(call, false), {
    untried: true,
  }),
  scalar('regexp_extract_all(str string, regexp string, idx int = 1) -> array<string>', (call) => grouped(call, true), {
    untried: true,
  }),
  scalar('regexp_instr(str string, regexp string, idx int = 0) -> int', (call) => {
    const regex = pattern(call);
    if (!regex) return 'CAST(NULL AS INTEGER)';
    return `CASE WHEN ${call.sql(2)} IS NOT NULL THEN spark_regexp_instr(${call.sql(0)}, ${quoteLiteral(regex.js)}) END`;
  }),
  scalar('regexp_replace(str string, regexp string, rep string, position int = 1) -> string', (call) => {
    const position = call.args[3]?.literal;
    if (position === '1') return replaced(call, call.sql(0));
    if (typeof position !== 'string')
      throw call.scope.unsupported(
        call.at,
        'regexp_replace from a position that is not a literal',
        'write it as a whole number',
      );
    const first = Number(position);
    if (first < 1) throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'the position of regexp_replace must be from 1 on');
    const text = call.sql(0);
    const rest = replaced(call, `substring(${text}, ${first})`);
    return `CASE WHEN length(${text}) < ${first} AND ${rest} IS NOT NULL THEN ${text} ELSE left(${text}, ${first - 1}) || ${rest} END`;
  }),
  scalar('regexp_substr(str string, regexp string) -> string', (call) => {
    const regex = pattern(call);
    // A match of nothing is none.
    return regex ? `nullif(${extracted(call, regex, 0, false)}, '')` : 'CAST(NULL AS VARCHAR)';
  }),
  scalar('split(str string, regex string, limit int = -1) -> array<string>', (call) => {
    const regex = pattern(call);
    if (!regex) return 'CAST(NULL AS VARCHAR[])';
    const literal = call.args[1]?.literal;
    if (typeof literal === 'string' && call.args[2]?.literal === '-1') {
      const plain = plainText(literal);
      if (plain !== undefined) return `string_split(${call.sql(0)}, ${quoteLiteral(plain)})`;
    }
    return `spark_split(${call.sql(0)}, ${quoteLiteral(regex.js)}, ${call.sql(2)})`;
  }),
];

/** The text that a pattern without operators matches. */
function plainText(regex: string): string | undefined {
  if (/^[^\\.[\](){}*+?^$|]+$/.test(regex)) return regex;
  const escaped = /^\\([^a-zA-Z0-9])$/.exec(regex);
  return escaped?.[1];
}

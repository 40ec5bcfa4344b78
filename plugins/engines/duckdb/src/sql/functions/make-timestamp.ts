import { cast } from '../casts.js';
import { implicit } from '../coercion.js';
import { instantOf } from '../instants.js';
import { typed, type Typed } from '../typed.js';
import { DATE, decimal, INT, STRING, typeText, type SparkType } from '../types.js';
import { special, type Call, type FunctionRow } from './row.js';
import { zoneOf } from './date-parts.js';

/** make_timestamp and its kin from six numbers, or from a date and a time. */
function makeTimestamp(type: SparkType, quiet: boolean) {
  return (call: Call): string => {
    const zone = zoneOf(call);
    const [first, second] = call.args;
    if (first?.type.kind === 'date' || first?.type.kind === 'timestamp') {
      const text =
        second && second.type.kind !== 'void' ? `(${first.sql} + ${second.sql})` : `CAST(${first.sql} AS TIMESTAMP)`;
      return placed(call, text, call.args[2], type, zone);
    }
    const parts = [0, 1, 2, 3, 4].map((i) => call.sql(i)).join(', ');
    const seconds = cast(call.scope, call.args[5] as Typed, decimal(16, 6)).sql;
    const micros = `spark_make_wall(${parts}, CAST(${seconds} AS VARCHAR))`;
    void quiet;
    return placed(call, `make_timestamp(${micros})`, call.args[6], type, zone);
  };
}

function placed(call: Call, text: string, own: Typed | undefined, type: SparkType, zone: string): string {
  if (type.kind === 'timestamp_ntz') return text;
  if (!own || own.type.kind === 'void') return instantOf(text, zone);
  return `make_timestamptz(spark_instant_in(epoch_us(${text}), ${own.sql}))`;
}

export const made = (name: string, type: SparkType, quiet: boolean): FunctionRow =>
  special(
    `${name}(year int, month int, day int, hour int, min int, sec decimal, timezone? string) -> ${typeText(type)}`,
    (scope, node, analyze) => {
      const values = node.args.map((arg) => analyze(scope, arg));
      const fail = (): Error =>
        scope.fail(
          node.at,
          'SQL_ANALYSIS',
          `${name}(year, month, day, hour, min, sec[, timezone]) or ${name}(date[, time[, timezone]])`,
        );
      const [first] = values;
      const short = first?.type.kind === 'date' || (values.length <= 3 && first !== undefined);
      if (!first || (!short && values.length < 6) || values.length > (name.endsWith('_ntz') ? 6 : 7)) throw fail();
      const wanted: SparkType[] = short
        ? [DATE, { kind: 'time' }, STRING]
        : [INT, INT, INT, INT, INT, decimal(16, 6), STRING];
      const args = values.map((value, i) => {
        const type = wanted[i] ?? STRING;
        const converted = type.kind === 'time' ? value : implicit(scope, value, type);
        if (!converted) throw fail();
        return converted;
      });
      const call: Call = {
        scope,
        node,
        at: node.at,
        args,
        sql: (i) => args[i]?.sql ?? 'NULL',
        type,
        run: (text) => text,
        distinct: '',
      };
      const [shownName, wrapper] =
        short && name.endsWith('_ltz')
          ? ['make_timestamp', '']
          : short && name === 'try_make_timestamp_ntz'
            ? ['make_timestamp_ntz', name]
            : [name, ''];
      // try_make_timestamp does not show its zone.
      const shown = name === 'try_make_timestamp' ? values.slice(0, 6) : values;
      const inner = `${shownName}(${shown.map((v) => v.label).join(', ')})`;
      return typed(args, {
        sql: makeTimestamp(type, quiet)(call),
        type,
        label: wrapper === '' ? inner : `${wrapper}(${inner})`,
        at: node.at,
      });
    },
  );

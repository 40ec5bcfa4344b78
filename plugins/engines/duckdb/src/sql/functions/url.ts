import { scalar, type Call, type FunctionRow } from './row.js';

const parse =
  (quiet: boolean) =>
  (call: Call): string =>
    `spark_parse_url(${call.sql(0)}, ${call.sql(1)}, ${call.node.args.length > 2 ? call.sql(2) : "''"}, ${call.node.args.length > 2}, ${!quiet})`;

const label = ({ args, node }: Call): string =>
  `${node.name.toLowerCase()}(${args
    .slice(0, node.args.length)
    .map((a) => a.label)
    .join(', ')})`;

export const ROWS: readonly FunctionRow[] = [
  scalar(
    'parse_url(url string, part string, key? string) -> string',
    (call) => parse(!call.scope.session.options.ansi)(call),
    { label },
  ),
  scalar('try_parse_url(url string, part string, key? string) -> string', parse(true), { label }),
  scalar('url_encode(str string) -> string', 'spark_url_encode($1)'),
  scalar(
    'url_decode(str string) -> string',
    "CASE WHEN $1 IS NOT NULL THEN coalesce(spark_url_decode($1), error('[CANNOT_DECODE_URL] the text is no encoded URL')) END",
    { untried: true },
  ),
  scalar('try_url_decode(str string) -> string', 'spark_url_decode($1)'),
];

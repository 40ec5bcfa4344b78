import { SluiceError } from '@sluice/plugin-sdk';
import type { OptionReader } from './options.js';

/** How a CSV file is written. */
export interface CsvDialect {
  readonly header: boolean;
  readonly delimiter: string;
  /** Empty: nothing is quoted. */
  readonly quote: string;
  /** The character before a quote inside quotes. */
  readonly escape: string;
  /** The text that stands for NULL; on reading an empty field does too. */
  readonly nullValue: string;
  /** Lines that begin with it are skipped; empty: none. */
  readonly comment: string;
}

const NAMED: Readonly<Record<string, string>> = { '\\t': '\t', '\\n': '\n', '\\r': '\r', '\\0': '\0', '\\\\': '\\' };

/** The options of CSV that reading and writing share: header, delimiter (sep), quote, escape, nullValue, comment. */
export function readDialect(options: OptionReader): CsvDialect {
  const delimiter = unescapeDelimiter(options.text(['delimiter', 'sep']) ?? ',');
  const dialect = {
    header: options.boolean(['header'], false),
    delimiter,
    quote: oneCharacter(options, ['quote'], '"'),
    escape: oneCharacter(options, ['escape'], '\\'),
    nullValue: options.text(['nullValue']) ?? '',
    comment: oneCharacter(options, ['comment'], ''),
  };
  if (delimiter === '') options.refuse(['delimiter'], '', 'a text of at least one character');
  if (/[\r\n]/.test(delimiter)) options.refuse(['delimiter'], delimiter, 'a text without line ends');
  if (dialect.quote !== '' && delimiter.includes(dialect.quote)) {
    throw new SluiceError('PROPERTY_INVALID', `the delimiter '${delimiter}' contains the quote character`);
  }
  return dialect;
}

/** `\t` and the like, in any place, as the character they name. */
function unescapeDelimiter(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[tnr0\\]/g, (named) => NAMED[named] ?? named);
}

function oneCharacter(options: OptionReader, names: readonly string[], fallback: string): string {
  const value = options.text(names);
  if (value === undefined) return fallback;
  const text = NAMED[value] ?? value;
  // Spark takes the character NUL for "none", for its options cannot be empty everywhere.
  if (text === '' || text === '\0') return '';
  if ([...text].length !== 1 || Buffer.byteLength(text) !== 1) {
    return options.refuse(names, value, 'one character of ASCII, or empty for none');
  }
  return text;
}

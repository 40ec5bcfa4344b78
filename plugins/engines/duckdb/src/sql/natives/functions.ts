import * as bytes from './bytes.js';
import * as calendar from './calendar.js';
import { writeCsv } from './csv-lines.js';
import { decimalOperation, lowBits } from './decimals.js';
import * as hashes from './hashes.js';
import { hypot } from './hypot.js';
import { intervalText } from './interval-text.js';
import { javaDecimal, javaDouble, parseJavaDouble, plainNumber } from './java-numbers.js';
import { getJsonObject, jsonArrayLength, jsonField, jsonObjectKeys } from './json-path.js';
import { jsonString } from './json-tree.js';
import { momentOf } from './moments.js';
import { formatNumber, formatString, numberFormat, readNumber } from './number-format.js';
import { readCsv } from './read-csv.js';
import { readJson } from './read-json.js';
import { readInstant, readWall } from './read-pattern.js';
import { parseDate, parseInstant, parseWall } from './read-times.js';
import { native, type Native } from './register.js';
import { convert, roundDecimal, roundDouble, widthBucket } from './rounding.js';
import * as regexps from './regexps.js';
import * as texts from './texts.js';
import { parseUrl, urlDecode, urlEncode } from './urls.js';
import { formatTime } from './write-pattern.js';

/** Every JavaScript function that translated queries may call. Their names start with `spark_`. */
export const FUNCTIONS: readonly Native[] = [
  native('spark_text_double', ['string'], 'double', parseJavaDouble),
  native('spark_text_date', ['string'], 'date', parseDate),
  native('spark_text_instant', ['string', 'string'], 'bigint', parseInstant),
  native('spark_text_wall', ['string'], 'bigint', parseWall),
  native('spark_double_text', ['double'], 'string', (value: number) => javaDouble(value)),
  native('spark_float_text', ['float'], 'string', (value: number) => javaDouble(value, true)),
  native('spark_decimal_text', ['string'], 'string', javaDecimal),
  native('spark_decimal', ['string', 'string', 'string', 'int', 'int'], 'string', decimalOperation),
  native('spark_low_bits', ['string'], 'bigint', lowBits),
  native('spark_interval_text', ['bigint', 'bigint', 'bigint', 'string'], 'string', intervalText),
  native('spark_round_decimal', ['string', 'int', 'string'], 'string', roundDecimal),
  native('spark_round_double', ['double', 'int', 'string'], 'double', roundDouble),
  native('spark_log1p', ['double'], 'double', Math.log1p),
  native('spark_expm1', ['double'], 'double', Math.expm1),
  native('spark_hypot', ['double', 'double'], 'double', hypot),
  native('spark_conv', ['string', 'int', 'int'], 'string', convert),
  native('spark_width_bucket', ['double', 'double', 'double', 'bigint'], 'bigint', widthBucket),
  native('spark_moments', ['string', 'double[]', 'boolean'], 'double', momentOf),
  native('spark_format_number', ['string', 'string'], 'string', formatNumber),
  native('spark_number_format', ['string', 'string'], 'string', numberFormat),
  native('spark_read_number', ['string', 'string'], 'string', readNumber),
  native('spark_format_string', ['string', 'string[]'], 'string', formatString),
  native('spark_unhex', ['string'], 'binary', bytes.unhex),
  native('spark_unbase64', ['string'], 'binary', bytes.unbase64),
  native('spark_encode', ['string', 'string'], 'binary', bytes.encode),
  native('spark_valid_utf8', ['binary'], 'boolean', bytes.isUtf8),
  native('spark_make_valid_utf8', ['binary'], 'string', bytes.makeUtf8),
  native('spark_substring_binary', ['binary', 'int', 'int'], 'binary', bytes.substring),
  native('spark_overlay_binary', ['binary', 'binary', 'int', 'int'], 'binary', bytes.overlay),
  native('spark_lpad_binary', ['binary', 'int', 'binary'], 'binary', bytes.lpad),
  native('spark_rpad_binary', ['binary', 'int', 'binary'], 'binary', bytes.rpad),
  native('spark_upper', ['string'], 'string', (text: string) => text.toUpperCase()),
  native('spark_lower', ['string'], 'string', (text: string) => text.toLowerCase()),
  native('spark_plain_number', ['string'], 'string', (text: string) => plainNumber(texts.plainDigits(text))),
  native('spark_reverse', ['string'], 'string', (text: string) => [...text].reverse().join('')),
  native('spark_levenshtein', ['string', 'string'], 'int', texts.levenshtein),
  native('spark_initcap', ['string'], 'string', texts.initcap),
  native('spark_substring_index', ['string', 'string', 'int'], 'string', texts.substringIndex),
  native('spark_translate', ['string', 'string', 'string'], 'string', texts.translate),
  native('spark_overlay', ['string', 'string', 'int', 'int'], 'string', texts.overlay),
  native('spark_soundex', ['string'], 'string', texts.soundex),
  native('spark_luhn_check', ['string'], 'boolean', texts.luhnCheck),
  native('spark_mask', ['string', 'string', 'string', 'string', 'string'], 'string', texts.mask, true),
  native('spark_split', ['string', 'string', 'int'], 'string[]', regexps.split),
  native('spark_regexp_matches', ['string', 'string'], 'boolean', regexps.matches),
  native('spark_regexp_extract', ['string', 'string', 'int'], 'string', regexps.extract),
  native('spark_regexp_extract_all', ['string', 'string', 'int'], 'string[]', regexps.extractAll),
  native('spark_regexp_instr', ['string', 'string'], 'int', regexps.instr),
  native('spark_regexp_replace', ['string', 'string', 'string', 'int'], 'string', regexps.replace),
  native('spark_format_time', ['bigint', 'bigint', 'string', 'string'], 'string', formatTime),
  native('spark_read_wall', ['string', 'string', 'string'], 'bigint', readWall),
  native('spark_read_instant', ['string', 'string', 'string'], 'bigint', readInstant),
  native('spark_months_between', ['bigint', 'bigint', 'boolean'], 'double', calendar.monthsBetween),
  native('spark_far_date', ['date'], 'string', calendar.farDate),
  native('spark_whole_months', ['bigint', 'bigint'], 'bigint', calendar.wholeMonths),
  native('spark_next_day', ['date', 'string'], 'date', calendar.nextDay),
  native('spark_make_date', ['int', 'int', 'int'], 'date', calendar.makeDate),
  native('spark_make_wall', ['int', 'int', 'int', 'int', 'int', 'string'], 'bigint', calendar.makeWall),
  native('spark_instant_in', ['bigint', 'string'], 'bigint', calendar.instantOfZone),
  native('spark_wall_in', ['bigint', 'string'], 'bigint', calendar.wallOfZone),
  native('spark_murmur_int', ['int', 'int'], 'int', hashes.murmurInt),
  native('spark_murmur_long', ['bigint', 'int'], 'int', hashes.murmurLong),
  native('spark_murmur_float', ['float', 'int'], 'int', (v: number, s: number) =>
    hashes.murmurInt(hashes.floatBits(v), s),
  ),
  native('spark_murmur_double', ['double', 'int'], 'int', (v: number, s: number) =>
    hashes.murmurLong(hashes.doubleBits(v), s),
  ),
  native('spark_murmur_unscaled', ['string', 'int'], 'int', (v: string, s: number) =>
    hashes.murmurLong(hashes.unscaledLong(v), s),
  ),
  native('spark_murmur_decimal', ['string', 'int'], 'int', (v: string, s: number) =>
    hashes.murmurBytes(hashes.decimalBytes(v), s),
  ),
  native('spark_murmur_text', ['string', 'int'], 'int', (v: string, s: number) =>
    hashes.murmurBytes(Buffer.from(v, 'utf8'), s),
  ),
  native('spark_murmur_bytes', ['binary', 'int'], 'int', hashes.murmurBytes),
  native('spark_xx_int', ['int', 'bigint'], 'bigint', hashes.xxInt),
  native('spark_xx_long', ['bigint', 'bigint'], 'bigint', hashes.xxLong),
  native('spark_xx_float', ['float', 'bigint'], 'bigint', (v: number, s: bigint) =>
    hashes.xxInt(hashes.floatBits(v), s),
  ),
  native('spark_xx_double', ['double', 'bigint'], 'bigint', (v: number, s: bigint) =>
    hashes.xxLong(hashes.doubleBits(v), s),
  ),
  native('spark_xx_unscaled', ['string', 'bigint'], 'bigint', (v: string, s: bigint) =>
    hashes.xxLong(hashes.unscaledLong(v), s),
  ),
  native('spark_xx_decimal', ['string', 'bigint'], 'bigint', (v: string, s: bigint) =>
    hashes.xxBytes(hashes.decimalBytes(v), s),
  ),
  native('spark_xx_text', ['string', 'bigint'], 'bigint', (v: string, s: bigint) =>
    hashes.xxBytes(Buffer.from(v, 'utf8'), s),
  ),
  native('spark_xx_bytes', ['binary', 'bigint'], 'bigint', hashes.xxBytes),
  native('spark_crc32', ['binary'], 'bigint', hashes.crc32),
  native('spark_sha2', ['binary', 'int'], 'string', hashes.sha2),
  native('spark_parse_url', ['string', 'string', 'string', 'boolean', 'boolean'], 'string', parseUrl),
  native('spark_url_encode', ['string'], 'string', urlEncode),
  native('spark_url_decode', ['string'], 'string', urlDecode),
  native('spark_get_json_object', ['string', 'string'], 'string', getJsonObject),
  native('spark_json_field', ['string', 'string'], 'string', jsonField),
  native('spark_json_array_length', ['string'], 'int', jsonArrayLength),
  native('spark_json_object_keys', ['string'], 'string[]', jsonObjectKeys),
  native('spark_json_string', ['string'], 'string', jsonString),
  native('spark_read_json', ['string', 'string', 'string'], 'string', readJson),
  native('spark_read_csv', ['string', 'string', 'string'], 'string', readCsv),
  native('spark_write_csv', ['string[]', 'string', 'string', 'string', 'string'], 'string', writeCsv),
];

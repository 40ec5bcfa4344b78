import { decimalOperation, lowBits } from './decimals.js';
import { intervalText } from './interval-text.js';
import { javaDecimal, javaDouble, parseJavaDouble } from './java-numbers.js';
import { parseDate, parseInstant, parseWall } from './read-times.js';
import { native, type Native } from './register.js';

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
];

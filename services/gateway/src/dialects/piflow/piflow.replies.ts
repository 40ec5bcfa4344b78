import type { DialectReply } from '../../dialect.js';
import { TEXT } from './piflow.errors.js';

/** A text, as PiFlow answers everything. */
export function text(body: string, headers?: DialectReply['headers']): DialectReply {
  return { status: 200, type: TEXT, body, headers };
}

/** JSON on one line, as PiFlow writes it where it joins texts. It is `text/plain` all the same. */
export function compact(value: unknown, headers?: DialectReply['headers']): DialectReply {
  return text(JSON.stringify(value, withoutNulls), headers);
}

/** JSON over lines with tabs, as PiFlow's formatter writes it. */
export function pretty(value: unknown, headers?: DialectReply['headers']): DialectReply {
  return text(JSON.stringify(value, withoutNulls, '\t'), headers);
}

/** PiFlow leaves keys without a value out; in lists a null stays. */
function withoutNulls(_key: string, value: unknown): unknown {
  return value === null ? undefined : value;
}

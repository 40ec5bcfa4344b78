import { SluiceError } from '@sluice/plugin-sdk';

/** One statement of a script. */
export interface ScriptStatement {
  readonly text: string;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

/** A text, a quoted name or text, or a comment; what is none of them stands alone. */
const PART = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`[^`]*`|--[^\n]*|\/\*[^]*?\*\/|;|[^'"`;/-]+|[^]/g;

/** The statements of a script, apart at the semicolons that stand in no text and no comment; empty ones are left out. */
export function splitScript(script: string): ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  let [text, line, start] = ['', 1, 0];
  const finish = (): void => {
    if (start > 0) statements.push({ text: text.trim(), line: start });
    [text, start] = ['', 0];
  };
  for (const [part] of script.matchAll(PART)) {
    const isComment = part.startsWith('--') || (part.startsWith('/*') && part.length > 1);
    if (part === ';') finish();
    else {
      if (!isComment && start === 0 && part.trim() !== '') start = line + linesBefore(part);
      // A comment parts words as a blank does. Hints are comments to us, as to an engine that does not know them.
      text += isComment ? (start === 0 ? '' : ' ') : part;
    }
    line += part.split('\n').length - 1;
  }
  finish();
  return statements;
}

function linesBefore(part: string): number {
  return (/^\s*/.exec(part)?.[0] ?? '').split('\n').length - 1;
}

const READING = /^(?:\(*\s*(?:select|with|values|from|table|show|describe|desc|explain))\b/i;

/**
 * The one query of a property, without a semicolon at its end.
 *
 * @throws PROPERTY_INVALID, SQL_STATEMENTS for several, SQL_FORBIDDEN for one that changes something
 */
export function oneQuery(text: string, property: string): string {
  const [first, second] = splitScript(text);
  if (first === undefined) throw new SluiceError('PROPERTY_INVALID', `property '${property}' holds no statement`);
  if (second !== undefined) {
    const message = `property '${property}' holds several statements, the second in line ${second.line}; keep one, or use PutHiveQL`;
    throw new SluiceError('SQL_STATEMENTS', message);
  }
  if (READING.test(first.text)) return first.text;
  const word = /^\w+/.exec(first.text)?.[0]?.toUpperCase() ?? first.text.slice(0, 10);
  throw new SluiceError('SQL_FORBIDDEN', `property '${property}': ${word} is no query; change tables with PutHiveQL`);
}

import { SluiceError } from '@sluice/plugin-sdk';

/**
 * A test of whole names by a Java regular expression.
 *
 * @param property the property that holds it, for the message
 * @throws PROPERTY_INVALID where it is broken, or means in Java what JavaScript cannot say
 */
export function javaPattern(pattern: string, property: string): RegExp {
  const refuse = (why: string, cause?: unknown): SluiceError =>
    new SluiceError('PROPERTY_INVALID', `property '${property}': the pattern '${pattern}' ${why}`, { cause });
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(pattern);
  if (flags !== null && !/^[is]+$/.test(flags[1] ?? ''))
    throw refuse(`has the flags ${flags[1]}, of which only i and s are known`);
  const source = translate(pattern.slice(flags?.[0].length ?? 0), refuse);
  try {
    return new RegExp(`^(?:${source})$`, `u${flags?.[1] ?? ''}`);
  } catch (error) {
    throw refuse(`is no regular expression: ${(error as Error).message.replace(/^.*: /, '')}`, error);
  }
}

function translate(pattern: string, refuse: (why: string) => SluiceError): string {
  let source = '';
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const character = pattern[at] ?? '';
    if (rest.startsWith('\\Q')) {
      const end = pattern.indexOf('\\E', at);
      const literal = pattern.slice(at + 2, end < 0 ? undefined : end);
      source += literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll('\\-', inClass ? '\\-' : '-');
      at = end < 0 ? pattern.length : end + 1;
    } else if (character === '\\') {
      const next = pattern[++at] ?? '';
      // Java takes any sign after a backslash as itself.
      const plain = /[^A-Za-z0-9\\^$.*+?()[\]{}|/]/.test(next) && !(inClass && next === '-');
      if (/[GZzAhHvVRX]/.test(next)) throw refuse(`has \\${next}, which is not known here`);
      source += plain ? next : `\\${next}`;
    } else if (inClass && (character === '[' || rest.startsWith('&&'))) {
      throw refuse('has a class inside a class, which is not known here');
    } else if (!inClass && /^(?:[*+?]|\{\d*,?\d*\})\+/.test(rest))
      throw refuse('has a possessive repetition, which is not known here');
    else if (!inClass && rest.startsWith('(?>')) throw refuse('has an atomic group, which is not known here');
    else {
      if (character === '[') inClass = true;
      if (character === ']') inClass = false;
      source += character;
    }
  }
  return source;
}

/** Takes a list of patterns apart at the commas that stand in no bracket. */
export function splitPatterns(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\') {
      parts[parts.length - 1] += character + (text[++at] ?? '');
      continue;
    }
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    if (character === ',' && depth <= 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

import {
  bothCases,
  complement,
  LETTER_CLASSES,
  LINE_ENDS,
  POSIX_CLASSES,
  propertyOf,
  written,
  type Range,
} from './java-classes.js';

/** A regular expression of Java in the words of RE2 and of JavaScript's `u` mode; groups are counted alike in all. */
export interface JavaRegex {
  readonly re2: string;
  readonly js: string;
  readonly groups: number;
  /** RE2 cannot say it: word boundaries of all scripts, look-around, `^` and `$` of lines. */
  readonly onlyJs: boolean;
  /** RE2's form takes the last line end with it, where Java's `$` stands before it. */
  readonly takesEnd: boolean;
  /** It can match nothing. Where matches are looked for one after another, RE2 skips some of those that Java finds. */
  readonly canBeEmpty: boolean;
  /** A group stands in a repeated group: JavaScript forgets it when the group repeats, Java does not. */
  readonly forgets: boolean;
}

/** Why a pattern is refused: it is none (`invalid`), or it has what neither engine has (`lacking`). */
export class RegexFault extends Error {
  constructor(
    readonly kind: 'invalid' | 'lacking',
    message: string,
  ) {
    super(message);
  }
}
const invalid = (what: string): RegexFault => new RegexFault('invalid', what);
const lacking = (what: string): RegexFault => new RegexFault('lacking', what);

const ENDS = written(LINE_ENDS);
const WORD = '[\\p{L}\\p{Nd}_]';
const END_JS = `(?:(?=(?:\\r\\n|[\\r\\u{85}\\u{2028}\\u{2029}])?(?![^]))|(?<!\\r)(?=\\n(?![^])))`;
const LINE_END_JS = `(?:(?![^])|(?=[\\r\\u{85}\\u{2028}\\u{2029}])|(?<!\\r)(?=\\n))`;
const LINE_START_JS = `(?:(?<![^])|(?:(?<=[\\n\\u{85}\\u{2028}\\u{2029}])|(?<=\\r)(?!\\n))(?=[^]))`;
/** RE2 repeats nothing more often. */
const MOST_REPEATS = 1000;

interface Flags {
  i: boolean;
  s: boolean;
  m: boolean;
}

/** Reads a pattern. @throws RegexFault */
export function readJavaRegex(pattern: string): JavaRegex {
  return new RegexReader(pattern).read();
}

class RegexReader {
  private readonly text: readonly string[];
  private at = 0;
  private depth = 0;
  private groups = 0;
  private onlyJs = false;
  private takesEnd = false;
  private forgets = false;
  private re2 = '';
  private js = '';

  constructor(pattern: string) {
    // \Q...\E stands for the characters between, each as itself.
    const plain = pattern.replace(/((?:^|[^\\])(?:\\\\)*)\\Q([^]*?)(?:\\E|$)/g, (_, before: string, quoted: string) => {
      return before + quoted.replace(/[^\w\s]/g, '\\$&');
    });
    this.text = [...plain];
  }

  read(): JavaRegex {
    this.alternatives({ i: false, s: false, m: false });
    if (this.at < this.text.length) throw invalid("')' closes no group");
    const { re2, js, groups, onlyJs, takesEnd, forgets } = this;
    const canBeEmpty = new RegExp(js, 'u').exec('')?.[0] === '';
    return { re2, js, groups, onlyJs, takesEnd, canBeEmpty, forgets };
  }

  private emit(re2: string, js = re2): void {
    this.re2 += re2;
    this.js += js;
  }

  private is(text: string): boolean {
    return [...text].every((c, i) => this.text[this.at + i] === c);
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += [...text].length;
    return true;
  }

  /** What stands up to the end of the group; flags that it sets hold until there. */
  private alternatives(flags: Flags): void {
    let isFirst = true;
    while (this.at < this.text.length && this.text[this.at] !== ')') {
      if (this.accept('|')) {
        this.emit('|');
        isFirst = true;
        continue;
      }
      const [re2, js, groups] = [this.re2.length, this.js.length, this.groups];
      const isAtom = this.atom(flags, isFirst);
      isFirst = false;
      if (isAtom) this.quantifier(re2, js, groups);
    }
  }

  /** One atom; false for what is none, such as flags. */
  private atom(flags: Flags, isFirst: boolean): boolean {
    const c = this.text[this.at++] ?? '';
    switch (c) {
      case '(':
        return this.group(flags);
      case '[':
        this.characterClass(flags);
        return true;
      case '.':
        if (flags.s) this.emit('(?s:.)', '[^]');
        else this.emit(`[^${ENDS.re2}]`, `[^${ENDS.js}]`);
        return true;
      case '^':
        if (flags.m) this.only(LINE_START_JS);
        else this.emit('\\A', '(?:(?<![^]))');
        return true;
      case '$':
        this.end(flags.m);
        return true;
      case '\\':
        this.escape(flags);
        return true;
      case '*':
      case '+':
      case '?':
        throw invalid(`'${c}' repeats nothing`);
      case '{':
        throw isFirst ? invalid("'{' repeats nothing") : lacking('a quantifier behind a quantifier');
      default:
        this.character(c.codePointAt(0) ?? 0, flags);
        return true;
    }
  }

  private only(js: string): void {
    this.onlyJs = true;
    this.emit('', js);
  }

  private character(code: number, flags: Flags): void {
    this.ranges([[code, code]], flags, false);
  }

  private ranges(ranges: readonly Range[], flags: Flags, negated: boolean): void {
    const all = flags.i ? bothCases(ranges) : ranges;
    const [only] = all;
    const { re2, js } = written(all);
    if (!negated && all.length === 1 && only?.[0] === only?.[1]) this.emit(re2, js);
    else this.emit(`[${negated ? '^' : ''}${re2}]`, `[${negated ? '^' : ''}${js}]`);
  }

  /** The end of the text, before a line end that is the last thing in it; of a line with the flag m. */
  private end(ofLine: boolean): void {
    if (ofLine) {
      this.only(LINE_END_JS);
      return;
    }
    const isLast = this.depth === 0 && (this.at === this.text.length || this.text[this.at] === '|');
    if (!isLast) this.onlyJs = true;
    this.takesEnd = true;
    this.emit(`(?:\\r\\n|[${ENDS.re2}])?\\z`, END_JS);
  }

  private group(flags: Flags): boolean {
    const close = (): void => {
      this.depth--;
      if (!this.accept(')')) throw invalid("a '(' is not closed");
      this.emit(')');
    };
    this.depth++;
    if (!this.accept('?')) {
      this.groups++;
      this.emit('(');
      this.alternatives({ ...flags });
      close();
      return true;
    }
    const look = ['=', '!', '<=', '<!'].find((word) => this.accept(word));
    if (look !== undefined) {
      const before = this.groups;
      this.onlyJs = true;
      this.emit('(?:', `(?:(?${look}`);
      this.alternatives({ ...flags });
      if (look.startsWith('<') && this.groups > before) throw lacking('a group in a look-behind');
      close();
      this.js += ')';
      return true;
    }
    if (this.accept('>')) throw lacking('the atomic group (?>...)');
    if (this.accept('<')) {
      const name = /^([a-zA-Z][a-zA-Z0-9]*)>/.exec(this.text.slice(this.at, this.at + 80).join(''));
      if (!name) throw invalid('(?< is followed by no name');
      this.at += name[0].length;
      this.groups++;
      this.emit('(');
      this.alternatives({ ...flags });
      close();
      return true;
    }
    return this.flagged(flags, close);
  }

  /** `(?i)`, `(?i:...)` and `(?:...)`. */
  private flagged(flags: Flags, close: () => void): boolean {
    const found = /^([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])/.exec(this.text.slice(this.at, this.at + 20).join(''));
    if (!found) throw invalid('(? is followed by nothing that is known');
    const [whole, on = '', off = '', end] = found;
    const other = [...on, ...off].find((flag) => !'ism'.includes(flag));
    if (other !== undefined)
      throw 'xudU'.includes(other) ? lacking(`the flag ${other}`) : invalid(`'${other}' is no flag`);
    this.at += whole.length;
    const changed = end === ')' ? flags : { ...flags };
    for (const flag of on) changed[flag as keyof Flags] = true;
    for (const flag of off) changed[flag as keyof Flags] = false;
    if (end === ')') {
      this.depth--;
      return false;
    }
    this.emit('(?:');
    this.alternatives(changed);
    close();
    return true;
  }

  private quantifier(re2: number, js: number, groups: number): void {
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 30).join(''));
    const sign = ['*', '+', '?'].find((each) => this.is(each));
    if (!counted && sign === undefined) {
      if (this.is('{')) throw invalid("'{' is followed by no number of times");
      return;
    }
    const word = counted?.[0] ?? sign ?? '';
    this.at += word.length;
    if (counted) {
      const [least, most] = [Number(counted[1]), Number(counted[3] === '' ? 0 : (counted[3] ?? 0))];
      if (counted[3] !== undefined && counted[3] !== '' && most < least)
        throw invalid(`${word} has no number of times`);
      if (Math.max(least, most) > MOST_REPEATS) this.onlyJs = true;
    }
    const isLazy = this.accept('?');
    if (!isLazy && this.is('+')) throw lacking('the possessive quantifier');
    const [atomRe2, atomJs] = [this.re2.slice(re2), this.js.slice(js)];
    const isGroup = atomJs.startsWith('(') && !atomJs.startsWith('(?:');
    if (this.groups > groups + (isGroup ? 1 : 0)) this.forgets = true;
    this.re2 = `${this.re2.slice(0, re2)}${atomRe2 === '' ? '(?:)' : atomRe2}${word}${isLazy ? '?' : ''}`;
    this.js += `${word}${isLazy ? '?' : ''}`;
  }

  private escape(flags: Flags): void {
    const c = this.text[this.at];
    if (c === 'b' || c === 'B') {
      this.at++;
      if (this.is('{')) throw lacking(`\\${c}{...}`);
      const edge = (a: string, b: string): string => `(?<${a}${WORD})(?${b}${WORD})`;
      const [is, isNot] = [edge('=', '!') + '|' + edge('!', '='), edge('=', '=') + '|' + edge('!', '!')];
      this.only(`(?:${c === 'b' ? is : isNot})`);
      return;
    }
    if (c === 'A' || c === 'z') {
      this.at++;
      this.emit(`\\${c}`, c === 'A' ? '(?:(?<![^]))' : '(?:(?![^]))');
      return;
    }
    if (c === 'Z') {
      this.at++;
      this.end(false);
      return;
    }
    if (c === 'R') {
      this.at++;
      const ends = written(LETTER_CLASSES['v'] ?? []);
      this.emit(`(?:\\r\\n|[${ends.re2}])`, `(?:\\r\\n|[${ends.js}])`);
      return;
    }
    const item = this.escaped(flags);
    if (typeof item === 'number') this.character(item, flags);
    else if ('ranges' in item) this.ranges(item.ranges, item.negated ? { ...flags, i: false } : flags, item.negated);
    else this.emit(item.re2, item.js);
  }

  /** What a backslash begins, in a class or outside: a character, a class of characters, or a property. */
  private escaped(flags: Flags): number | { ranges: readonly Range[]; negated: boolean } | { re2: string; js: string } {
    const c = this.text[this.at++];
    if (c === undefined) throw invalid('a backslash ends it');
    const letters = LETTER_CLASSES[c.toLowerCase()];
    if (letters) return { ranges: letters, negated: c !== c.toLowerCase() };
    if (c === 'p' || c === 'P') return this.property(c, flags);
    const rest = this.text.slice(this.at, this.at + 12).join('');
    const coded =
      c === 'x'
        ? /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(rest)
        : c === 'u'
          ? /^([0-9a-fA-F]{4})/.exec(rest)
          : null;
    if (coded) {
      this.at += coded[0].length;
      const code = parseInt(coded[1] ?? coded[2] ?? '', 16);
      if (code > 0x10ffff) throw invalid(`\\${c}${coded[0]} is no character`);
      if (code >= 0xd800 && code <= 0xdfff) throw lacking('half a character, \\ud800 to \\udfff');
      return code;
    }
    const octal = c === '0' ? /^(?:[0-3][0-7]{2}|[0-7]{1,2})/.exec(rest) : null;
    if (octal) {
      this.at += octal[0].length;
      return parseInt(octal[0], 8);
    }
    if (c === 'c' && rest !== '') {
      this.at++;
      return (rest.codePointAt(0) ?? 0) ^ 64;
    }
    const known: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };
    const code = known[c];
    if (code !== undefined) return code;
    if (/[1-9k]/.test(c)) throw lacking('the back reference \\1');
    if (/[GXN]/.test(c)) throw lacking(`\\${c}`);
    if (/[a-zA-Z0]/.test(c)) throw invalid(`\\${c} is no escape of a regular expression; write \\\\ for a backslash`);
    return c.codePointAt(0) ?? 0;
  }

  private property(
    letter: string,
    flags: Flags,
  ): { ranges: readonly Range[]; negated: boolean } | { re2: string; js: string } {
    const named = /^(?:\{([^}]*)\}|([a-zA-Z]))/.exec(this.text.slice(this.at, this.at + 60).join(''));
    if (!named) throw invalid(`\\${letter} is followed by no property`);
    this.at += named[0].length;
    const name = named[1] ?? named[2] ?? '';
    if (flags.i && /^(?:Is)?(?:Lower|Upper|L[ult]$)/.test(name)) throw lacking('a property of case beside the flag i');
    const posix = POSIX_CLASSES[name];
    if (posix) return { ranges: posix, negated: letter === 'P' };
    const property = propertyOf(name);
    if (!property) throw lacking(`the property \\${letter}{${name}}`);
    if (property.re2 === undefined) this.onlyJs = true;
    return { re2: `\\${letter}{${property.re2 ?? 'L'}}`, js: `\\${letter}{${property.js}}` };
  }

  private characterClass(flags: Flags): void {
    const negated = this.accept('^');
    const ranges: Range[] = [];
    let [re2, js] = ['', ''];
    for (let isFirst = true; ; isFirst = false) {
      const c = this.text[this.at];
      if (c === undefined) throw invalid("a '[' is not closed");
      if (c === ']' && !isFirst) break;
      if (c === '[') throw lacking('a character class in a character class');
      if (this.is('&&')) throw lacking('the intersection &&');
      this.at++;
      const item = c === '\\' ? this.escaped(flags) : (c.codePointAt(0) ?? 0);
      if (typeof item === 'number') ranges.push([item, this.rangeEnd(item, flags)]);
      else if ('ranges' in item) ranges.push(...(item.negated ? complement(item.ranges) : item.ranges));
      else {
        re2 += item.re2;
        js += item.js;
      }
    }
    this.at++;
    const all = written(flags.i ? bothCases(ranges) : ranges);
    this.emit(`[${negated ? '^' : ''}${all.re2}${re2}]`, `[${negated ? '^' : ''}${all.js}${js}]`);
  }

  /** The last character of a range that begins with this one; itself where there is no range. */
  private rangeEnd(first: number, flags: Flags): number {
    const next = this.text[this.at + 1];
    if (!this.is('-') || next === undefined || next === ']' || next === '[') return first;
    this.at += 2;
    const last = next === '\\' ? this.escaped(flags) : (next.codePointAt(0) ?? 0);
    if (typeof last !== 'number' || last < first)
      throw invalid('a range of characters has no end behind its beginning');
    return last;
  }
}

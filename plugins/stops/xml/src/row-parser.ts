import { SluiceError } from '@sluice/plugin-sdk';
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { isBlank, type Element, type Place } from './element.js';

/** Characters of one row or one text, at most; a row is held in memory as a whole. */
const LONGEST = 64 << 20;
/** Elements inside one another, at most. */
const DEEPEST = 256;

/** Takes an element that stands for a row, and where it begins. It is not to be kept: rows are many. */
export type TakeRow = (element: Element, place: Place) => void;

export interface RowParserOptions {
  /** What is parsed, for messages, such as `'a.xml'`. */
  readonly what: string;
  /** The name of the elements that are rows, at any depth; absent: the root element is the one row. */
  readonly rowTag?: string;
  /** Keeps references to entities that the document does not explain as texts (`&uuml;`). Default: they are refused. */
  readonly keepEntities?: boolean;
}

/**
 * Parses a document piece by piece and gives away the elements that are rows. Only the row under way is in memory. A document
 * type is passed over: entities are never expanded from it, nothing outside the document is read.
 */
export class RowParser {
  private readonly parser: SaxesParser<{ xmlns: false }>;
  private readonly open: Element[] = [];
  private depth = 0;
  private place: Place = { line: 1, column: 1 };
  private begun = 0;
  /** Where the parser last came to the end of something, and on which line. */
  private seen = 0;
  private seenLine = 1;
  /** Names of elements that are no rows, for the message where no row is found. */
  readonly names = new Set<string>();

  constructor(
    private readonly options: RowParserOptions,
    private readonly take: TakeRow,
  ) {
    const parser = new SaxesParser({ xmlns: false });
    this.parser = parser;
    parser.on('opentag', (tag) => this.opened(tag));
    parser.on('closetag', () => this.closed());
    parser.on('text', (text) => this.text(text));
    parser.on('cdata', (text) => this.text(text));
    parser.on('doctype', () => this.sawEnd());
    parser.on('comment', () => this.sawEnd());
    parser.on('error', (error) => this.failed(error.message));
  }

  /** Takes the next piece, and gives away the rows that end in it. */
  write(piece: string): void {
    this.parser.write(piece);
    this.limit(this.open.length > 0 ? this.begun : this.seen);
  }

  /** Ends the document; FILE_FORMAT where it is not complete. */
  end(): void {
    if (this.parser.position === 0) this.failed('it is empty; XML has one root element');
    this.parser.close();
  }

  private opened(tag: SaxesTagPlain): void {
    this.depth++;
    if (this.depth > DEEPEST) this.failed(`more than ${DEEPEST} elements stand inside one another`);
    const parent = this.open.at(-1);
    const { rowTag } = this.options;
    if (parent === undefined && rowTag !== undefined && tag.name !== rowTag) {
      if (this.names.size < 1_000) this.names.add(tag.name);
      return this.sawEnd();
    }
    const element: Element = { name: tag.name, attributes: tag.attributes, content: [] };
    if (parent === undefined) {
      this.begun = this.parser.position;
      this.place = { line: this.parser.line, column: this.parser.column };
    } else parent.content.push(element);
    this.open.push(element);
    this.sawEnd();
  }

  private closed(): void {
    this.depth--;
    this.sawEnd();
    const element = this.open.pop();
    if (element === undefined) return;
    // Blanks between elements are the layout of the file, not data.
    if (element.content.length > 1 && element.content.every((each) => typeof each !== 'string' || isBlank(each))) {
      const elements = element.content.filter((each) => typeof each !== 'string');
      element.content.splice(0, element.content.length, ...elements);
    }
    if (this.open.length === 0) {
      this.limit(this.begun);
      this.take(element, this.place);
    }
  }

  private text(text: string): void {
    this.sawEnd();
    const content = this.open.at(-1)?.content;
    if (content === undefined || text === '') return;
    const last = content.at(-1);
    if (typeof last === 'string') content[content.length - 1] = last + text;
    else content.push(text);
  }

  private limit(from: number): void {
    if (this.parser.position - from > LONGEST) this.failed(`one row or text is longer than ${LONGEST >> 20} MB`);
  }

  private sawEnd(): void {
    this.seen = this.parser.position;
    this.seenLine = this.parser.line;
  }

  private failed(message: string): void {
    const { line, column } = this.parser;
    // The parser puts the place before its message.
    let reason = message.replace(/^(?:[^:]*:)?\d+:\d+: /, '').replace(/\.$/, '');
    if (reason.startsWith('undefined entity')) {
      if (this.options.keepEntities === true) return;
      reason =
        'an entity that XML does not know; entities of a DTD are not expanded: set the property entities to keep';
    }
    // A bare & or an open quote takes all that follows for its own, and the end of the file is not where it stands.
    if (line > this.seenLine + 1) {
      reason += `; nothing could be read after line ${this.seenLine}: look there for a & that is no &amp; or an open quote`;
    }
    const message_ = `${this.options.what}, line ${line}, column ${column}: ${reason}`;
    throw new SluiceError('FILE_FORMAT', message_, { details: { line: String(line), column: String(column) } });
  }
}

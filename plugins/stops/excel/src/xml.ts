import { isSluiceError, SluiceError } from '@sluice/plugin-sdk';
import { SaxesParser } from 'saxes';

export type Attributes = Readonly<Record<string, string>>;

export interface XmlHandlers {
  /** Names come without their prefixes. */
  open?(name: string, attributes: Attributes): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Feeds XML to handlers, piece by piece; FILE_FORMAT where it is damaged. */
export function xmlParser(what: string, handlers: XmlHandlers): { write(piece: string): void; end(): void } {
  const parser = new SaxesParser({ xmlns: false });
  const { open, text, close } = handlers;
  const local = (name: string): string => name.slice(name.indexOf(':') + 1);
  if (open !== undefined) parser.on('opentag', ({ name, attributes }) => open(local(name), attributes));
  if (text !== undefined) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  if (close !== undefined) parser.on('closetag', ({ name }) => close(local(name)));
  parser.on('error', (error) => {
    throw new SluiceError('FILE_FORMAT', `${what} is damaged: ${error.message}`);
  });
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      throw isSluiceError(error) ? error : new SluiceError('FILE_FORMAT', `${what} is damaged`, { cause: error });
    }
  };
  return { write: (piece) => guarded(() => parser.write(piece)), end: () => guarded(() => parser.close()) };
}

/** Reads a whole text. */
export function parseXml(what: string, text: string, handlers: XmlHandlers): void {
  if (text === '') return;
  const parser = xmlParser(what, handlers);
  parser.write(text.replace(/^\uFEFF/, ''));
  parser.end();
}

/** An attribute whatever its prefix, such as `r:id`. */
export function attribute(attributes: Attributes, name: string): string | undefined {
  return attributes[name] ?? Object.entries(attributes).find(([each]) => each.endsWith(`:${name}`))?.[1];
}

/** Text as cells have it: `_x000D_` stands for a character that XML does not allow. */
export function cellText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Text for XML, escaped so that {@link cellText} gives it back. */
export function xmlText(text: string): string {
  return (
    text
      .replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
      // What XML 1.0 does not allow, and the carriage return, which it would change.
      .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, (c) => (/[\t\n\x7F-\x9F]/.test(c) ? c : escaped(c)))
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}

function escaped(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}_`;
}

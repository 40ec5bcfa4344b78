import { NAME_RE } from 'xmlchars/xml/1.0/ed5.js';

/** An element of a document: what stands in it, in order. Comments and instructions are left out. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Texts and elements. Two texts never stand side by side. */
  readonly content: (string | Element)[];
}

/** The line and column of a place in a file, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Whether a text can be the name of an element or attribute. */
export function isName(text: string): boolean {
  return NAME_RE.test(text);
}

export function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text);
}

/** Whether an element holds other elements. */
export function hasElements(element: Element): boolean {
  return element.content.some((each) => typeof each !== 'string');
}

/** The texts that stand directly in an element. */
export function directText(element: Element): string {
  const [only] = element.content;
  if (element.content.length === 1 && typeof only === 'string') return only;
  return element.content.filter((each) => typeof each === 'string').join('');
}

/** What stands in an element as a text: its text, or as markup where it holds elements. */
export function innerText(element: Element): string {
  if (!hasElements(element)) return directText(element);
  return element.content.map((each) => (typeof each === 'string' ? escapeText(each) : markup(each))).join('');
}

function markup(element: Element): string {
  const attributes = Object.entries(element.attributes).map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`);
  const head = `<${element.name}${attributes.join('')}`;
  if (element.content.length === 0) return `${head}/>`;
  const inner = element.content.map((each) => (typeof each === 'string' ? escapeText(each) : markup(each)));
  return `${head}>${inner.join('')}</${element.name}>`;
}

const TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
const ATTRIBUTE: Readonly<Record<string, string>> = { ...TEXT, '"': '&quot;', '\t': '&#9;', '\n': '&#10;' };

/** A text as the content of an element; a carriage return survives the next parser as a reference only. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => TEXT[character] ?? character);
}

/** A text as the value of an attribute in double quotes. */
export function escapeAttribute(text: string): string {
  return text.replace(/[&<>"\r\n\t]/g, (character) => ATTRIBUTE[character] ?? character);
}

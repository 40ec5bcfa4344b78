import { posix } from 'node:path';
import { didYouMean, SluiceError } from '@sluice/plugin-sdk';
import { dateStyles } from './styles.js';
import { attribute, cellText, parseXml, xmlParser } from './xml.js';
import type { Parts } from './zip.js';

/** A sheet and the part that holds it. */
export interface Sheet {
  readonly name: string;
  readonly part: string;
}

/** What a workbook says of itself. */
export interface Workbook {
  /** The part that lists the sheets. */
  readonly part: string;
  readonly sheets: readonly Sheet[];
  /** Whether days count from 1904, as on old Macintoshes. */
  readonly is1904: boolean;
  /** The part of a kind, such as `styles`; undefined where there is none. */
  related(kind: string): string | undefined;
}

/** Characters of all texts of a workbook, at most: they are held in memory. */
const MOST_TEXT = 1 << 29;

/** Reads the list of sheets; FILE_FORMAT where the file is a zip of something else. */
export async function readWorkbook(parts: Parts, shown: string): Promise<Workbook> {
  const what = `'${shown}'`;
  const top = await relationsOf(parts, '');
  const part = top.find(({ kind }) => kind === 'officeDocument')?.target;
  if (part === undefined || !parts.has(part)) {
    throw new SluiceError('FILE_FORMAT', `${what} is a zip file, but no workbook of Excel (.xlsx)`);
  }
  const relations = await relationsOf(parts, part);
  const sheets: Sheet[] = [];
  let is1904 = false;
  parseXml(what, await parts.text(part), {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = /^(1|true)$/.test(attributes['date1904'] ?? '');
      if (name !== 'sheet') return;
      const target = relations.find(({ id }) => id === attribute(attributes, 'id'));
      // Sheets of charts have no cells.
      if (target?.kind === 'worksheet') sheets.push({ name: attributes['name'] ?? '', part: target.target });
    },
  });
  const related = (kind: string): string | undefined => relations.find((each) => each.kind === kind)?.target;
  return { part, sheets, is1904, related };
}

/** The sheet of a name, or the first; TABLE_NOT_FOUND with the names that there are. */
export function sheetNamed({ sheets }: Workbook, name: string | undefined, shown: string): Sheet {
  const wanted = name?.toLowerCase();
  const found = wanted === undefined ? sheets[0] : sheets.find((sheet) => sheet.name.toLowerCase() === wanted);
  if (found !== undefined) return found;
  const names = sheets.map((sheet) => sheet.name);
  const hint = didYouMean(name ?? '', names) || `; there are ${names.map((each) => `'${each}'`).join(', ') || 'none'}`;
  throw new SluiceError('TABLE_NOT_FOUND', `'${shown}' has no sheet '${name ?? ''}'${hint}`);
}

/** The texts that cells refer to by number. */
export async function readTexts(parts: Parts, workbook: Workbook, shown: string): Promise<readonly string[]> {
  const part = workbook.related('sharedStrings');
  const texts: string[] = [];
  if (part === undefined || !parts.has(part)) return texts;
  let [text, length, inText, hints] = ['', 0, false, 0];
  const parser = xmlParser(`'${shown}'`, {
    open(name) {
      if (name === 'si') text = '';
      // Hints of pronunciation stand beside the text.
      else if (name === 'rPh') hints++;
      else if (name === 't') inText = hints === 0;
    },
    text(piece) {
      if (!inText) return;
      text += piece;
      if ((length += piece.length) <= MOST_TEXT) return;
      throw new SluiceError('DATA_INVALID', `the texts of '${shown}' have more than ${MOST_TEXT} characters`);
    },
    close(name) {
      if (name === 't') inText = false;
      else if (name === 'rPh') hints--;
      else if (name === 'si') texts.push(cellText(text));
    },
  });
  for await (const piece of parts.pieces(part)) parser.write(piece);
  parser.end();
  return texts;
}

/** What the numbers of cells are, by the number of their style. */
export async function readStyles(parts: Parts, workbook: Workbook, shown: string) {
  const part = workbook.related('styles');
  return dateStyles(`'${shown}'`, part === undefined ? '' : await parts.text(part));
}

interface Relation {
  readonly id: string;
  /** The last word of its type. */
  readonly kind: string;
  readonly target: string;
}

/** The part that lists what a part refers to. */
export function relationsPart(part: string): string {
  const { dir, base } = posix.parse(part);
  return posix.join(dir, '_rels', `${base}.rels`);
}

async function relationsOf(parts: Parts, part: string): Promise<Relation[]> {
  const relations: Relation[] = [];
  parseXml(part, await parts.text(relationsPart(part)), {
    open(name, attributes) {
      if (name !== 'Relationship' || attributes['TargetMode'] === 'External') return;
      const { Id: id = '', Type: type = '', Target: target = '' } = attributes;
      const place = target.startsWith('/') ? target.slice(1) : posix.join(posix.dirname(part), target);
      relations.push({ id, kind: type.slice(type.lastIndexOf('/') + 1), target: place });
    },
  });
  return relations;
}

import { Readable } from 'node:stream';
import { SluiceError, type Dataset, type Engine } from '@sluice/plugin-sdk';
import { checkSheetName, MOST_ROWS, type Area } from './address.js';
import {
  EMPTY_WORKBOOK,
  SHEET_BEGIN,
  SHEET_END,
  withDateStyles,
  withRelation,
  withSheet,
  withType,
} from './edit-parts.js';
import { sheetRows } from './sheet-rows.js';
import { asText } from './values.js';
import { readStyles, readTexts, readWorkbook, relationsPart, type Sheet, type Workbook } from './workbook.js';
import { rowsXml, type DateStyles, type Place } from './write-cells.js';
import { xmlParser } from './xml.js';
import type { Parts } from './zip.js';

/** Rows to write to a sheet. */
export interface NewSheet {
  readonly name: string;
  readonly rows: Dataset;
  readonly header: boolean;
  /** The first cell; rows and columns count from 0. */
  readonly row: number;
  readonly column: number;
  /** What becomes of a sheet that is there: rows go below its own, or in their place. */
  readonly mode: 'below' | 'replace';
}

/** A part of the workbook that is to be written. */
export interface PlannedPart {
  readonly name: string;
  readonly content: string | (() => Promise<Readable> | Readable);
}

const TYPES = '[Content_Types].xml';
const STYLES = 'xl/styles.xml';

/**
 * The parts of a workbook with the sheets: those that must change are edited, all others are copied.
 *
 * @param old the workbook that is there, if it is to be kept
 */
export async function planParts(
  engine: Engine,
  old: Parts | undefined,
  shown: string,
  sheets: readonly NewSheet[],
): Promise<readonly PlannedPart[]> {
  const textOf = async (part: string): Promise<string> => (await old?.text(part)) || (EMPTY_WORKBOOK[part] ?? '');
  const workbook = old === undefined ? undefined : await readWorkbook(old, shown);
  const main = workbook?.part ?? 'xl/workbook.xml';
  const relationsName = relationsPart(main);
  let [types, relations, book] = await Promise.all([textOf(TYPES), textOf(relationsName), textOf(main)]);
  const stylesPart = workbook?.related('styles') ?? STYLES;
  const { styles, numbers } = withDateStyles((await old?.text(stylesPart)) ?? '');
  if (workbook?.related('styles') === undefined) {
    relations = withRelation(relations, freshId(relations), 'styles', stylesPart);
    types = withType(types, stylesPart, 'styles');
  }
  const changed = new Map<string, PlannedPart['content']>();
  const dropped = new Set<string>();
  for (const sheet of sheets) {
    const there = workbook?.sheets.find(({ name }) => name.toLowerCase() === sheet.name.toLowerCase());
    const place = placeOf(sheet, numbers, workbook);
    if (old !== undefined && workbook !== undefined && there !== undefined && sheet.mode === 'below') {
      const below = await placeBelow(old, workbook, there, sheet, place, shown);
      changed.set(there.part, () => Readable.from(appended(old, there.part, rowsXml(engine, sheet.rows, below))));
      continue;
    }
    let part = there?.part;
    if (part === undefined) {
      part = freshPart((name) => changed.has(name) || old?.has(name) === true);
      const relation = freshId(relations);
      relations = withRelation(relations, relation, 'worksheet', part);
      types = withType(types, part, 'worksheet');
      book = withSheet(book, checkSheetName(sheet.name), relation, main);
    } else dropped.add(relationsPart(part).toLowerCase());
    changed.set(part, () => Readable.from(newSheet(rowsXml(engine, sheet.rows, place))));
  }
  const edited: [string, PlannedPart['content']][] = [
    [TYPES, types],
    ['_rels/.rels', await textOf('_rels/.rels')],
    [main, book],
    [relationsName, relations],
    [stylesPart, styles],
    ...changed,
  ];
  const names = new Set(edited.map(([name]) => name.toLowerCase()));
  const kept = (old?.names ?? []).filter((name) => !names.has(name.toLowerCase()) && !dropped.has(name.toLowerCase()));
  return [
    ...edited.map(([name, content]) => ({ name, content })),
    ...kept.map((name) => ({ name, content: () => (old as Parts).stream(name) })),
  ];
}

function placeOf({ row, column, header }: NewSheet, styles: DateStyles, workbook: Workbook | undefined): Place {
  return { row, column, header, styles, prefix: '', is1904: workbook?.is1904 ?? false };
}

/** The place below the last row of a sheet; SCHEMA_MISMATCH where its header names other columns. */
async function placeBelow(
  old: Parts,
  workbook: Workbook,
  there: Sheet,
  sheet: NewSheet,
  place: Place,
  shown: string,
): Promise<Place> {
  let [last, prefix] = [-1, ''];
  let next = 0;
  const parser = xmlParser(`'${shown}'`, {
    open(name, attributes) {
      if (name === 'row') last = attributes['r'] === undefined ? next : Number(attributes['r']) - 1;
      if (name === 'row') next = last + 1;
    },
  });
  for await (const piece of old.pieces(there.part)) {
    prefix ||= /<(\w+:)sheetData\b/.exec(piece)?.[1] ?? '';
    parser.write(piece);
  }
  parser.end();
  if (last < sheet.row) return { ...place, prefix };
  if (sheet.header) await checkHeader(old, workbook, there, sheet, shown);
  if (last + 1 >= MOST_ROWS) throw new SluiceError('DATA_INVALID', `the sheet '${there.name}' of '${shown}' is full`);
  return { ...place, prefix, row: last + 1, header: false };
}

async function checkHeader(
  old: Parts,
  workbook: Workbook,
  there: Sheet,
  sheet: NewSheet,
  shown: string,
): Promise<void> {
  const texts = await readTexts(old, workbook, shown);
  const meaning = { texts, kindOf: await readStyles(old, workbook, shown), is1904: workbook.is1904 };
  const area: Area = {
    sheet: there.name,
    row: sheet.row,
    column: sheet.column,
    lastRow: sheet.row,
    lastColumn: undefined,
  };
  for await (const { values } of sheetRows(old, there.part, area, meaning, `'${shown}'`)) {
    const found = [...values].sort(([a], [b]) => a - b).map(([, value]) => asText(value).trim());
    const wanted = sheet.rows.columns.map(({ name }) => name);
    if (found.join('\0').toLowerCase() === wanted.join('\0').toLowerCase()) return;
    const message = `the sheet '${there.name}' of '${shown}' has the columns ${found.join(', ')}, the rows have ${wanted.join(', ')}`;
    throw new SluiceError('SCHEMA_MISMATCH', message);
  }
}

async function* newSheet(rows: AsyncIterable<string>): AsyncGenerator<Buffer> {
  yield Buffer.from(SHEET_BEGIN);
  for await (const xml of rows) yield Buffer.from(xml);
  yield Buffer.from(SHEET_END);
}

/** A sheet's part with rows before the end of its data. */
async function* appended(old: Parts, part: string, rows: AsyncIterable<string>): AsyncGenerator<Buffer> {
  // The end may lie across pieces: so much of each waits for the next.
  const LONGEST_TAG = 200;
  let waiting = '';
  let isDone = false;
  for await (const piece of old.pieces(part)) {
    waiting += piece;
    // It names the range of the old rows, and some programs read no more than that.
    if (!isDone) waiting = waiting.replace(/<(?:\w+:)?dimension\b[^>]*\/>/, '');
    const end = isDone ? null : /<\/(?:\w+:)?sheetData\s*>|<(\w+:)?sheetData\b([^>]*)\/>/.exec(waiting);
    if (end !== null) {
      const [tag, prefix = '', attributes] = end;
      const isEmpty = attributes !== undefined;
      yield Buffer.from(waiting.slice(0, end.index) + (isEmpty ? `<${prefix}sheetData${attributes}>` : ''));
      for await (const xml of rows) yield Buffer.from(xml);
      waiting = (isEmpty ? `</${prefix}sheetData>` : tag) + waiting.slice(end.index + tag.length);
      isDone = true;
    }
    const ready = isDone ? waiting.length : Math.max(0, waiting.length - LONGEST_TAG);
    yield Buffer.from(waiting.slice(0, ready));
    waiting = waiting.slice(ready);
  }
  if (!isDone) throw new SluiceError('FILE_FORMAT', `the part ${part} of the workbook has no <sheetData>`);
  yield Buffer.from(waiting);
}

function freshId(relations: string): string {
  for (let i = 1; ; i++) if (!relations.includes(`"rIdSluice${i}"`)) return `rIdSluice${i}`;
}

function freshPart(isTaken: (name: string) => boolean): string {
  for (let i = 1; ; i++) if (!isTaken(`xl/worksheets/sheet${i}.xml`)) return `xl/worksheets/sheet${i}.xml`;
}

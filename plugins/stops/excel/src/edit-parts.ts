import { SluiceError } from '@sluice/plugin-sdk';
import type { DateStyles } from './write-cells.js';
import { parseXml, xmlText } from './xml.js';

const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const BEGIN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A workbook without sheets, part by part (ECMA-376 part 1). Sheets are added as to one that is there. */
export const EMPTY_WORKBOOK: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `${BEGIN}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/></Types>`,
  '_rels/.rels': `${BEGIN}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `${BEGIN}<workbook xmlns="${MAIN}"><sheets></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `${BEGIN}<Relationships xmlns="${PACKAGE}/relationships"></Relationships>`,
};

export const SHEET_BEGIN = `${BEGIN}<worksheet xmlns="${MAIN}"><sheetData>`;
export const SHEET_END = '</sheetData></worksheet>';

const EMPTY_STYLES = `${BEGIN}<styleSheet xmlns="${MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="1"><xf xfId="0"/></cellXfs></styleSheet>`;

/** Adds text before the end of an element, whatever its prefix, which the text has as `%p`. */
export function beforeEnd(xml: string, element: string, added: string, part: string): string {
  const [end, prefix = ''] = new RegExp(`</(\\w+:)?${element}\\s*>`).exec(xml) ?? [];
  const [empty, emptyPrefix = ''] = new RegExp(`<(\\w+:)?${element}\\b([^>]*)/>`).exec(xml) ?? [];
  // Functions, since text may hold the signs that a replacement gives a meaning to.
  if (end !== undefined) return xml.replace(end, () => added.replaceAll('%p', prefix) + end);
  if (empty !== undefined) {
    const begin = empty.replace(/\s*\/>$/, '>');
    return xml.replace(empty, () => `${begin}${added.replaceAll('%p', emptyPrefix)}</${emptyPrefix}${element}>`);
  }
  throw new SluiceError('FILE_FORMAT', `the part ${part} of the workbook has no <${element}>`);
}

/** Adds what the workbook's part says of a sheet. */
export function withSheet(workbook: string, name: string, relation: string, part: string): string {
  let highest = 0;
  parseXml(part, workbook, {
    open(element, attributes) {
      if (element === 'sheet') highest = Math.max(highest, Number(attributes['sheetId'] ?? 0));
    },
  });
  const sheet = `<%psheet xmlns:sluice="${OFFICE}" name="${xmlText(name)}" sheetId="${highest + 1}" sluice:id="${relation}"/>`;
  return beforeEnd(workbook, 'sheets', sheet, part);
}

/** Adds that a part refers to another by a relation. */
export function withRelation(relations: string, id: string, kind: 'worksheet' | 'styles', target: string): string {
  const added = `<%pRelationship Id="${id}" Type="${OFFICE}/${kind}" Target="/${target}"/>`;
  return beforeEnd(relations, 'Relationships', added, 'with relations');
}

/** Adds what kind of content a part has. */
export function withType(types: string, part: string, kind: 'worksheet' | 'styles'): string {
  const added = `<%pOverride PartName="/${part}" ContentType="${TYPE}.${kind}+xml"/>`;
  return beforeEnd(types, 'Types', added, '[Content_Types].xml');
}

/** Adds the styles of dates and moments, and says their numbers. */
export function withDateStyles(given: string): { readonly styles: string; readonly numbers: DateStyles } {
  const xml = given === '' ? EMPTY_STYLES : given;
  const part = 'of styles';
  let [format, count, isCellStyles, hasFormats] = [163, 0, false, false];
  parseXml(part, xml, {
    open(name, attributes) {
      if (name === 'numFmts') hasFormats = true;
      if (name === 'numFmt') format = Math.max(format, Number(attributes['numFmtId'] ?? 0));
      if (name === 'cellXfs') isCellStyles = true;
      else if (name === 'xf' && isCellStyles) count++;
    },
    close(name) {
      if (name === 'cellXfs') isCellStyles = false;
    },
  });
  const formats = ['yyyy\\-mm\\-dd', 'yyyy\\-mm\\-dd hh:mm:ss'].map(
    (code, i) => `<%pnumFmt numFmtId="${format + 1 + i}" formatCode="${code}"/>`,
  );
  const cells = formats.map(
    (_, i) => `<%pxf numFmtId="${format + 1 + i}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
  );
  let styles = hasFormats
    ? beforeEnd(xml, 'numFmts', formats.join(''), part)
    : xml.replace(/<(\w+:)?styleSheet\b[^>]*>/, (begin: string, prefix: string | undefined = '') =>
        `${begin}<%pnumFmts>${formats.join('')}</%pnumFmts>`.replaceAll('%p', prefix),
      );
  styles = beforeEnd(styles, 'cellXfs', cells.join(''), part);
  // Counts are hints, and wrong now.
  styles = styles.replace(/(<(?:\w+:)?(?:numFmts|cellXfs)\b[^>]*?)\s+count="\d+"/g, '$1');
  return { styles, numbers: { date: count, moment: count + 1 } };
}

import { parseXml } from './xml.js';

/** What a number stands for: a number, a moment, or a time of day. */
export type NumberKind = 'number' | 'moment' | 'time';

/** Formats that every workbook has without listing them (ECMA-376 part 1, 18.8.30), East Asian ones included. */
function builtIn(format: number): NumberKind {
  if ((format >= 18 && format <= 21) || (format >= 32 && format <= 35) || format === 45 || format === 47) return 'time';
  const isMoment = (format >= 14 && format <= 22) || (format >= 27 && format <= 36) || (format >= 50 && format <= 58);
  return isMoment ? 'moment' : 'number';
}

/** What a format such as `yyyy-mm-dd` or `#,##0.00` shows. Spans of time, `[h]:mm`, are numbers of days. */
export function kindOfFormat(code: string): NumberKind {
  const [first = ''] = code.split(';');
  if (/\[(h+|m+|s+)\]/i.test(first)) return 'number';
  const plain = first
    .replace(/"[^"]*"/g, '')
    .replace(/[\\_*]./g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/General/gi, '');
  if (/[yd年月日]/i.test(plain)) return 'moment';
  if (/[hs时分秒]/i.test(plain)) return 'time';
  return /m/i.test(plain) ? 'moment' : 'number';
}

/** What the numbers of cells stand for, by the number of the cell's style. */
export function dateStyles(what: string, styles: string): (style: number) => NumberKind {
  const formats = new Map<number, NumberKind>();
  const kinds: NumberKind[] = [];
  let isCellStyles = false;
  parseXml(what, styles, {
    open(name, attributes) {
      if (name === 'numFmt') formats.set(Number(attributes['numFmtId']), kindOfFormat(attributes['formatCode'] ?? ''));
      else if (name === 'cellXfs') isCellStyles = true;
      else if (name === 'xf' && isCellStyles) {
        const format = Number(attributes['numFmtId'] ?? 0);
        kinds.push(formats.get(format) ?? builtIn(format));
      }
    },
    close(name) {
      if (name === 'cellXfs') isCellStyles = false;
    },
  });
  return (style) => kinds[style] ?? 'number';
}

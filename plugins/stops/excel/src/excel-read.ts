import { defineStop, optionalSingle, property, single, SluiceError, type Value } from '@sluice/plugin-sdk';
import { columnLetters, parseAddress, type Area } from './address.js';
import { columnsOf, typesOf, valueIn, type ExcelType } from './columns.js';
import { header } from './properties.js';
import { sheetRows, type SheetRow } from './sheet-rows.js';
import { readStyles, readTexts, readWorkbook, sheetNamed } from './workbook.js';
import { openParts } from './zip.js';

export const excelRead = defineStop({
  name: 'cn.piflow.bundle.excel.ExcelRead',
  aliases: ['cn.piflow.bundle.generic.excel.ExcelRead'],
  title: { en: 'Read Excel', zh: '读取 Excel' },
  description: {
    en: 'Reads a sheet of a workbook (.xlsx), or a part of it, row by row. Columns are strings, dates as yyyy-MM-dd; rows without a value are left out. Old workbooks (.xls) and encrypted ones are refused. Unlike PiFlow, memory does not grow with the rows, numbers keep up to 15 digits whatever format the cell has, types can be inferred, and a value to the right of the columns is told.',
    zh: '逐行读取工作簿（.xlsx）的一张表或其中一部分。列为字符串，日期为 yyyy-MM-dd；没有值的行不输出。旧格式（.xls）和加密的工作簿会被拒绝。与 PiFlow 不同：内存不随行数增长；无论单元格格式如何，数字保留最多 15 位；可推断类型；列右侧的值会被提示。',
  },
  groups: ['Excel'],
  ports: { in: optionalSingle, out: single },
  properties: {
    filePath: property.path({
      title: { en: 'FilePath', zh: '文件路径' },
      description: { en: 'The workbook.', zh: '工作簿。' },
      required: true,
      example: '/test/test.xlsx',
    }),
    dataAddress: property.string({
      title: { en: 'DataAddress', zh: '数据位置' },
      description: {
        en: "The sheet, its first cell, or a range, such as 'Sheet1'!, 'My Sheet'!B3 or 'My Sheet'!B3:F35; without a sheet the first one.",
        zh: "工作表、起始单元格或区域，例如 'Sheet1'!、'My Sheet'!B3 或 'My Sheet'!B3:F35；不写表名时为第一张表。",
      },
      default: "'Sheet1'!",
      example: "'Sheet1'!A1",
    }),
    header,
    inferSchema: property.boolean({
      title: { en: 'Infer types', zh: '推断类型' },
      description: {
        en: 'Whether columns get the types of their values, for which the sheet is read twice; default false: strings.',
        zh: '是否根据值推断列类型（工作表会读取两次）；默认 false，即字符串。',
      },
      default: false,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  async run({ properties, engine, files, log }) {
    const { filePath, dataAddress, header, inferSchema } = properties;
    const area = parseAddress(dataAddress);
    const [path = '', ...more] = await files.list(filePath);
    const shown = files.locate(path);
    if (more.length > 0) throw new SluiceError('PROPERTY_INVALID', `'${filePath}' is more than one file; name one`);
    const warned = { is: false };
    const rows = async function* (): AsyncGenerator<SheetRow> {
      const parts = await openParts(path, shown);
      try {
        const workbook = await readWorkbook(parts, shown);
        const sheet = sheetNamed(workbook, area.sheet, shown);
        const texts = await readTexts(parts, workbook, shown);
        const meaning = { texts, kindOf: await readStyles(parts, workbook, shown), is1904: workbook.is1904 };
        yield* sheetRows(parts, sheet.part, area, meaning, `'${shown}'`);
      } finally {
        parts.close();
      }
    };
    const columns = await columnsOf(rows(), area, header);
    if (columns.length === 0) throw new SluiceError('DATA_INVALID', `'${shown}' has no value at ${dataAddress}`);
    const types = inferSchema ? await typesOf(rows(), columns.length, area, header) : undefined;
    const typeOf = (i: number): ExcelType => types?.[i] ?? 'string';
    return engine.fromRows(
      columns.map((name, i) => ({ name, type: typeOf(i) })),
      tableRows(rows(), area, header, columns.length, typeOf, (row, column) => {
        if (!warned.is)
          log.warn(`the cell ${columnLetters(column)}${row + 1} lies to the right of the columns; it is not read`);
        warned.is = true;
      }),
    );
  },
});

async function* tableRows(
  rows: AsyncIterable<SheetRow>,
  area: Area,
  header: boolean,
  width: number,
  typeOf: (column: number) => ExcelType,
  tellExtra: (row: number, column: number) => void,
): AsyncGenerator<readonly Value[]> {
  let isFirst = true;
  for await (const { row, values } of rows) {
    if (isFirst && header) {
      isFirst = false;
      continue;
    }
    for (const column of values.keys()) if (column >= area.column + width) tellExtra(row, column);
    yield Array.from({ length: width }, (_, i) => valueIn(values.get(area.column + i), typeOf(i)));
  }
}

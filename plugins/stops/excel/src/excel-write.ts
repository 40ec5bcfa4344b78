import { defineStop, property, single } from '@sluice/plugin-sdk';
import { parseAddress } from './address.js';
import { header, targetPath } from './properties.js';
import { writeWorkbook } from './write-workbook.js';

export const excelWrite = defineStop({
  name: 'cn.piflow.bundle.excel.ExcelWrite',
  aliases: ['cn.piflow.bundle.generic.excel.ExcelWrite'],
  title: { en: 'Write Excel', zh: '写入 Excel' },
  description: {
    en: 'Writes rows to a sheet of a workbook (.xlsx) and gives none on, as in PiFlow; numbers with more than 15 digits and dates before 1900-03-01 become texts. Unlike PiFlow, the workbook appears whole or not at all, memory does not grow with the rows, and append adds rows below those of the sheet, whose header must name the same columns.',
    zh: '把行写入工作簿（.xlsx）的一张表，不向下游输出（同 PiFlow）；超过 15 位的数字和 1900-03-01 之前的日期写为文本。与 PiFlow 不同：工作簿要么完整出现，要么不出现；内存不随行数增长；append 把行追加到该表已有行之后，且其表头须与列名一致。',
  },
  groups: ['Excel'],
  ports: { in: single, out: single },
  properties: {
    filePath: targetPath,
    dataAddress: property.string({
      title: { en: 'DataAddress', zh: '数据位置' },
      description: {
        en: "The first cell, with the sheet before it or not, such as 'My Sheet'!B3; the sheet is Sheet1 where none is named.",
        zh: "起始单元格，可写表名，例如 'My Sheet'!B3；不写表名时为 Sheet1。",
      },
      default: 'A1',
      example: "'Sheet1'!A1",
    }),
    header,
    saveMode: property.enum({
      title: { en: 'saveMode', zh: '保存模式' },
      description: {
        en: 'overwrite makes a new workbook; append keeps the workbook with its other sheets, and adds rows to the sheet.',
        zh: 'overwrite 新建工作簿；append 保留工作簿及其他表，把行追加到该表。',
      },
      values: ['append', 'overwrite'],
      default: 'overwrite',
      example: 'overwrite',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  examples: [
    {
      title: 'write a workbook and give nothing on',
      properties: { filePath: '/out/people.xlsx' },
      inputs: { '': { columns: [['name', 'string']], rows: [['Ada'], ['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties, inputs, log, ...context }) {
    const { filePath, dataAddress, header, saveMode } = properties;
    const { sheet: name = 'Sheet1', row, column } = parseAddress(dataAddress);
    const sheet = { name, rows: inputs.get(), header, row, column, mode: 'below' as const };
    log.info(`sheet '${name}' written to '${await writeWorkbook(context, filePath, saveMode === 'append', [sheet])}'`);
  },
});

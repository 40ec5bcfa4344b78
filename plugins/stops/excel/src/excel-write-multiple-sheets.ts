import { any, defineStop, property, single, SluiceError } from '@sluice/plugin-sdk';
import { checkSheetName } from './address.js';
import { header, targetPath } from './properties.js';
import { writeWorkbook } from './write-workbook.js';

export const excelWriteMultipleSheets = defineStop({
  name: 'cn.piflow.bundle.excel.ExcelWriteMultipleSheets',
  title: { en: 'Write Excel sheets', zh: '写入多张 Excel 表' },
  description: {
    en: 'Writes the rows of each in port to a sheet of the same name, and gives none on. Other sheets of a workbook that is there stay. Unlike PiFlow, all sheets appear at once or none, nothing is left of the old rows of a sheet, and memory does not grow with the rows.',
    zh: '把每个输入端口的行写入同名的表，不向下游输出。已有工作簿的其他表保留。与 PiFlow 不同：所有表同时出现或都不出现；同名表的旧行不会残留；内存不随行数增长。',
  },
  groups: ['Excel'],
  ports: { in: any, out: single },
  properties: {
    filePath: targetPath,
    header,
    inports: property.list({
      title: { en: 'inports', zh: '输入端口' },
      description: {
        en: 'The names of the in ports, which are those of the sheets, in their order.',
        zh: '输入端口的名称，即表名，按顺序排列。',
      },
      required: true,
      example: ['sheet1', 'sheet2'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  examples: [
    {
      title: 'write two sheets and give nothing on',
      properties: { filePath: '/out/both.xlsx', inports: 'people,cities' },
      inputs: {
        people: { columns: [['name', 'string']], rows: [['Ada']] },
        cities: { columns: [['city', 'string']], rows: [['北京']] },
      },
      outputs: {},
    },
  ],
  async run({ properties, inputs, log, ...context }) {
    const { filePath, header, inports } = properties;
    const missing = inputs.ports.find((port) => !inports.includes(port));
    if (missing !== undefined) {
      throw new SluiceError(
        'PORT_UNKNOWN',
        `property 'inports' does not name the port '${missing}', to which a path leads`,
      );
    }
    const taken = inports.find((name, i) =>
      inports.slice(0, i).some((each) => each.toLowerCase() === name.toLowerCase()),
    );
    if (taken !== undefined) throw new SluiceError('PROPERTY_INVALID', `property 'inports' names '${taken}' twice`);
    const sheets = inports.map((name) => {
      const place = { row: 0, column: 0, mode: 'replace' as const };
      return { name: checkSheetName(name), rows: inputs.get(name), header, ...place };
    });
    log.info(`${sheets.length} sheets written to '${await writeWorkbook(context, filePath, true, sheets)}'`);
  },
});

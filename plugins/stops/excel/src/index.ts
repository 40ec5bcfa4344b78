import { definePlugin } from '@sluice/plugin-sdk';
import { excelRead } from './excel-read.js';
import { excelWrite } from './excel-write.js';
import { excelWriteMultipleSheets } from './excel-write-multiple-sheets.js';

export default definePlugin({ stops: [excelRead, excelWrite, excelWriteMultipleSheets] });

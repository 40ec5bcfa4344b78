import { definePlugin } from '@sluice/plugin-sdk';
import { xmlParser } from './xml-parser.js';
import { xmlParserColumns } from './xml-parser-columns.js';
import { xmlParserFolder } from './xml-parser-folder.js';
import { xmlSave } from './xml-save.js';
import { xmlStringParser } from './xml-string-parser.js';

export default definePlugin({ stops: [xmlParser, xmlParserFolder, xmlStringParser, xmlParserColumns, xmlSave] });

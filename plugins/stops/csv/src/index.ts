import { definePlugin } from '@sluice/plugin-sdk';
import { csvParser } from './csv-parser.js';
import { csvRead } from './csv-read.js';
import { csvSave } from './csv-save.js';
import { csvStringParser } from './csv-string-parser.js';
import { csvWrite } from './csv-write.js';

export default definePlugin({ stops: [csvParser, csvSave, csvStringParser, csvRead, csvWrite] });

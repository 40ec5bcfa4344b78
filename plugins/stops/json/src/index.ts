import { definePlugin } from '@sluice/plugin-sdk';
import { jsonParser } from './json-parser.js';
import { jsonRead } from './json-read.js';
import { jsonSave } from './json-save.js';
import { jsonStringParser } from './json-string-parser.js';
import { jsonWrite } from './json-write.js';

export default definePlugin({ stops: [jsonParser, jsonSave, jsonStringParser, jsonRead, jsonWrite] });

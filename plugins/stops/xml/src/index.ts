import { definePlugin } from '@sluice/plugin-sdk';
import { xmlParser } from './xml-parser.js';

export default definePlugin({ stops: [xmlParser] });

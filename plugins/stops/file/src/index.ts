import { definePlugin } from '@sluice/plugin-sdk';
import { regexTextProcess } from './regex-text-process.js';

export default definePlugin({ stops: [regexTextProcess] });

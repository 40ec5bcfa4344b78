import { definePlugin } from '@sluice/plugin-sdk';
import { textRead } from './text-read.js';
import { textWrite } from './text-write.js';

export default definePlugin({ stops: [textRead, textWrite] });

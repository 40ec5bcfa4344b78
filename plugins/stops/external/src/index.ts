import { definePlugin } from '@sluice/plugin-sdk';
import { showData } from './show-data.js';

export default definePlugin({ stops: [showData] });

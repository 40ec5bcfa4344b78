import { definePlugin } from '@sluice/plugin-sdk';
import { putHiveMode } from './put-hive-mode.js';
import { putHiveQL } from './put-hive-ql.js';
import { putHiveStreaming } from './put-hive-streaming.js';
import { selectHiveQL } from './select-hive-ql.js';
import { selectHiveQLByJdbc } from './select-hive-ql-by-jdbc.js';

export default definePlugin({ stops: [putHiveMode, putHiveQL, putHiveStreaming, selectHiveQL, selectHiveQLByJdbc] });

import { definePlugin } from '@sluice/plugin-sdk';
import { jdbc, mysql, postgresql, sqlite } from './datasources.js';
import { readers } from './piflow/readers.js';
import { readIncremental } from './piflow/read-incremental.js';
import { writers } from './piflow/writers.js';
import { query } from './stops/query.js';
import { tableRead } from './stops/table-read.js';
import { tableWrite } from './stops/table-write.js';

export default definePlugin({
  stops: [tableRead, tableWrite, query, ...readers, readIncremental, ...writers],
  datasources: [mysql, postgresql, sqlite, jdbc],
});

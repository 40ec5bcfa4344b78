import { definePlugin } from '@sluice/plugin-sdk';
import { clickhouse } from './clickhouse/datasource.js';
import { clickhouseRead, clickhouseWrite } from './clickhouse/stops.js';
import {
  dameng,
  duckdb,
  impala,
  jdbc,
  mysql,
  openlookeng,
  oracle,
  postgresql,
  sqlite,
  sqlserver,
  tdengine,
} from './datasources.js';
import { readers } from './piflow/readers.js';
import { readIncremental } from './piflow/read-incremental.js';
import { writers } from './piflow/writers.js';
import { query } from './stops/query.js';
import { tableRead } from './stops/table-read.js';
import { tableWrite } from './stops/table-write.js';

export default definePlugin({
  stops: [tableRead, tableWrite, query, ...readers, readIncremental, ...writers, clickhouseRead, clickhouseWrite],
  datasources: [
    mysql,
    postgresql,
    sqlite,
    duckdb,
    sqlserver,
    oracle,
    dameng,
    clickhouse,
    openlookeng,
    tdengine,
    impala,
    jdbc,
  ],
});

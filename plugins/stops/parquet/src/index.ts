import { definePlugin } from '@sluice/plugin-sdk';
import { parquetRead } from './parquet-read.js';
import { parquetWrite } from './parquet-write.js';

export default definePlugin({ stops: [parquetRead, parquetWrite] });

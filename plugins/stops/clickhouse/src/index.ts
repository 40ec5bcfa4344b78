import { definePlugin } from '@sluice/plugin-sdk';
import { clickhouse } from './datasource.js';
import { clickhouseRead, clickhouseWrite } from './stops.js';

export default definePlugin({ stops: [clickhouseRead, clickhouseWrite], datasources: [clickhouse] });

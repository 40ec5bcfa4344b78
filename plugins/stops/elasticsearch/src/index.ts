import { definePlugin } from '@sluice/plugin-sdk';
import { elasticsearch } from './datasource.js';
import { putElasticsearch, queryElasticsearch, readElasticsearch } from './stops.js';

export default definePlugin({
  stops: [readElasticsearch, queryElasticsearch, putElasticsearch],
  datasources: [elasticsearch],
});

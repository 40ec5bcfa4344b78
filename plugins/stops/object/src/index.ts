import { definePlugin } from '@sluice/plugin-sdk';
import { s3 } from './datasource.js';
import { cephRead, cephWrite, objectRead, objectWrite } from './stops.js';

export default definePlugin({ stops: [cephRead, cephWrite, objectRead, objectWrite], datasources: [s3] });

import type { Service } from '@sluice/chassis';
import { start } from './main.js';
import { datasources } from './migrations/0001-datasources.js';
import { requests } from './migrations/0002-requests.js';

/** The datasource service: where data lives, and the values that flows refer to. */
const datasource: Service = { name: 'datasource', migrations: [datasources, requests], start };
export default datasource;

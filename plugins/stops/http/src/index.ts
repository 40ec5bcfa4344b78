import { definePlugin } from '@sluice/plugin-sdk';
import { http } from './datasource.js';
import { getUrl } from './get-url.js';
import { httpRead } from './http-read.js';
import { httpRequest } from './http-request.js';
import { postUrl } from './post-url.js';

export default definePlugin({ stops: [getUrl, postUrl, httpRead, httpRequest], datasources: [http] });

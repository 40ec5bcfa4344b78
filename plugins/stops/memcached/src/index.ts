import { definePlugin } from '@sluice/plugin-sdk';
import { complementByMemcache } from './complement-by-memcache.js';
import { memcached } from './datasource.js';
import { getMemcache } from './get-memcache.js';
import { putMemcache } from './put-memcache.js';

export default definePlugin({ stops: [getMemcache, putMemcache, complementByMemcache], datasources: [memcached] });

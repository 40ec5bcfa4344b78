import { definePlugin } from '@sluice/plugin-sdk';
import { redis } from './datasource.js';
import { readFromRedis } from './read-from-redis.js';
import { writeToRedis } from './write-to-redis.js';

export default definePlugin({ stops: [readFromRedis, writeToRedis], datasources: [redis] });

import { definePlugin } from '@sluice/plugin-sdk';
import { mongodb } from './datasource.js';
import { getMongo, getMongoDb, putMongo, putMongoDb } from './stops.js';

export default definePlugin({ stops: [getMongo, getMongoDb, putMongo, putMongoDb], datasources: [mongodb] });

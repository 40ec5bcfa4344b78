import { definePlugin } from '@sluice/plugin-sdk';
import { kafka } from './datasource.js';
import { readFromKafka } from './read-from-kafka.js';
import { writeToKafka } from './write-to-kafka.js';

export default definePlugin({ stops: [readFromKafka, writeToKafka], datasources: [kafka] });

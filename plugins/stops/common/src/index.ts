import { definePlugin } from '@sluice/plugin-sdk';
import { addUuidStop } from './add-uuid-stop.js';
import { convertSchema } from './convert-schema.js';
import { distinct } from './distinct.js';
import { dropField } from './drop-field.js';
import { executeSqlStop } from './execute-sql-stop.js';
import { filter } from './filter.js';
import { fork } from './fork.js';
import { join } from './join.js';
import { merge } from './merge.js';
import { mockData } from './mock-data.js';
import { route } from './route.js';
import { selectField } from './select-field.js';
import { subtract } from './subtract.js';
import { trager } from './trager.js';

export default definePlugin({
  stops: [
    addUuidStop,
    convertSchema,
    distinct,
    dropField,
    executeSqlStop,
    filter,
    fork,
    join,
    merge,
    mockData,
    route,
    selectField,
    subtract,
    trager,
  ],
});

import { test } from 'vitest';
import { conformance } from '@sluice/plugin-sdk/testing';
import plugin from './index.js';

const stops = plugin.stops ?? [];
for (const stop of stops) {
  for (const check of conformance(stop, stops)) test(check.name, check.run);
}

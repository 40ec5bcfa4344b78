import { test } from 'vitest';
import { conformance } from '@sluice/plugin-sdk/testing';
import plugin from './index.js';

for (const stop of plugin.stops ?? []) {
  for (const check of conformance(stop, plugin.stops)) test(check.name, () => check.run());
}

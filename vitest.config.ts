import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{kernel,plugins,services}/**/src/**/*.test.ts',
      'test/{contract,conformance,integration,e2e,chaos}/**/*.test.ts',
    ],
    exclude: ['**/dist/**', '**/node_modules/**'],
    globalSetup: ['test/support/manifests.ts'],
    setupFiles: ['reflect-metadata'],
    // The services under test start processes of their own, and wait for them and for due times: two workers leave two
    // cores idle for a third of the time.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

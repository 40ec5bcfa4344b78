import { defineEngine, type EngineSession, type OpenEngine } from '@sluice/plugin-sdk';

/** DuckDB inside the runner's process. */
export const duckdb = defineEngine({
  name: 'duckdb',
  title: { en: 'DuckDB', zh: 'DuckDB' },
  async inspectExtension(file) {
    const { inspectExtension } = await import('./extensions.js');
    return inspectExtension(file);
  },
  async open(options): Promise<OpenEngine> {
    // Loaded where an engine is opened: whoever only reads what this plugin contributes need not load DuckDB.
    const [{ Instance }, { Session }] = await Promise.all([import('./instance.js'), import('./session.js')]);
    const instance = await Instance.open(options);
    const sessions = new Set<EngineSession>();
    return {
      session(sessionOptions) {
        const session = new Session(instance, sessionOptions, options.warehouse);
        sessions.add(session);
        return Promise.resolve(session);
      },
      async close() {
        for (const session of sessions) {
          session.interrupt();
          await session.close();
        }
        await instance.close();
      },
    };
  },
});

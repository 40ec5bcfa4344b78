/** What authors of stops and engines test with: real engines, real files, and what every stop must do. */
export { runStop } from './run-stop.js';
export type { RunStopOptions, StopResult } from './run-stop.js';
export { openStopRuns } from './stop-runs.js';
export type { StopRuns } from './stop-runs.js';
export { checkExample, conformance } from './conformance.js';
export type { Check } from './conformance.js';
export { openTestSession } from './test-session.js';
export type { TestEvents, TestSession, TestSessionOptions } from './test-session.js';
export { testFiles } from './test-files.js';
export { fromTable, toTable } from './tables.js';

import { join } from 'node:path';
import type { Config } from '@sluice/chassis';

/** The folder of the runs of one day, so that none grows without end. */
function dayFolder(store: string, runId: string): string {
  const createdMs = Number(/^application_(\d+)_/.exec(runId)?.[1] ?? 0);
  return join(store, new Date(createdMs).toISOString().slice(0, 10));
}

/** Where the log of a run is. */
export function logFile(store: string, runId: string): string {
  return join(dayFolder(store, runId), `${encodeURIComponent(runId)}.log.jsonl`);
}

/** Where the index of a run's log is, which only a long log has. */
export function logIndexFile(store: string, runId: string): string {
  return `${logFile(store, runId)}.index`;
}

/** The folder of the rows that a run keeps. */
export function runFolder(store: string, runId: string): string {
  return join(dayFolder(store, runId), encodeURIComponent(runId));
}

/** Where a debug run keeps rows as Parquet; a folder for each stop, in it one for each port. */
export function rowsFolder(store: string, runId: string): string {
  return join(runFolder(store, runId), 'rows');
}

/** Where the rows of one port are in {@link rowsFolder}; the default port's folder is `default`. */
export function portFolder(rows: string, stop: string, port: string): string {
  return join(rows, encodeURIComponent(stop), encodeURIComponent(port === '' ? 'default' : port));
}

/** Where a run keeps the rows that its readers refused. */
export function rejectsFolder(store: string, runId: string): string {
  return join(runFolder(store, runId), 'rejects');
}

/** Where PiFlow's clients look for debug data: `/user/piflow/debug/<run>/<stop>/<port>` in HDFS. */
export function piflowDebugFolder(config: Config, runId: string): string {
  const hdfs = config.files.mounts['hdfs://*'] ?? join(config.home, 'files');
  return join(hdfs, 'user/piflow/debug', runId);
}

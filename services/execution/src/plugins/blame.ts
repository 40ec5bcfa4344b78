import type { CheckedFlow } from '@sluice/flow';
import type { WireError } from '../runner/protocol.js';
import type { StopRecord } from '../runs/run-record.js';

/** Ends of a runner that only the code in it can have caused. */
const CRASHES = new Set(['RUNNER_DIED', 'OUT_OF_MEMORY']);
/** An end that its code may have caused, or the size of the data: it is named and not counted. */
const LATE = 'RUN_TIMEOUT';

/**
 * Says in the error of a runner that ended which uploaded plugin was at work: the one whose stops ran, or the ones whose
 * stops had not ended when none was seen running. `crashed` has their digests.
 */
export function blamePlugins(
  error: WireError,
  { stops }: CheckedFlow,
  records: readonly StopRecord[],
): { readonly error: WireError; readonly crashed: readonly string[] } {
  const isCrash = CRASHES.has(error.reason) || error.details['silent'] !== undefined;
  const isLimit = error.details['limit'] !== undefined;
  if (!isCrash && !isLimit && error.reason !== LATE) return { error, crashed: [] };
  const uploaded = stops.filter(({ type }) => type.plugin.uploaded);
  const inState = (...states: string[]): typeof stops => {
    const names = new Set(records.filter((each) => states.includes(each.state)).map(({ name }) => name));
    return uploaded.filter(({ name }) => names.has(name));
  };
  // Whose process it was is known where it was one of Python, or where its stop told of it.
  const isPython = error.details['host'] === 'python';
  const own = isPython ? uploaded.filter(({ name }) => name === error.details['stop']) : [];
  const ended = isLimit ? inState('FAILED') : own;
  // What ran when time was over is cancelled by now.
  const running = ended.length > 0 ? ended : inState('RUNNING', ...(isCrash ? [] : ['CANCELLED']));
  // Code that never gives way is not even seen to run.
  const isSilent = isCrash || records.every(({ state }) => state === 'WAITING' || state === 'SKIPPED');
  const blamed = running.length > 0 || !isSilent ? running : inState('WAITING', 'SKIPPED');
  if (blamed.length === 0) return { error, crashed: [] };
  const plugins = [...new Map(blamed.map(({ type }) => [type.plugin.digest, type.plugin])).values()];
  const who = plugins.map(({ name, version }) => `'${name}' ${version}`).join(' or ');
  const where = blamed.map(({ name }) => `'${name}'`).join(', ');
  const message = `the plugin ${who} was at work (stop ${where}): ${error.message}`;
  const details = { ...error.details, plugin: plugins.map(({ name }) => name).join(','), stop: blamed[0]?.name ?? '' };
  return { error: { ...error, message, details }, crashed: isCrash ? plugins.map(({ digest }) => digest) : [] };
}

import { SluiceError, toSluiceError, type Reason } from '@sluice/plugin-sdk';
import type { WireError } from './protocol.js';

/** An error as it crosses the channel; what is not an error of Sluice becomes one under `reason`. */
export function toWireError(error: unknown, reason: Reason = 'STOP_FAILED'): WireError {
  const { reason: known, message, details, problems } = toSluiceError(error, reason);
  return { reason: known, message, details, problems };
}

/** The error with local paths as flows write them: a user knows `hdfs:///in/a.csv`, not the folder it stands for. */
export function withLocations(error: WireError, mounts: Readonly<Record<string, string>>): WireError {
  const say = (text: string): string =>
    Object.entries(mounts).reduce(
      (said, [root, folder]) => said.replaceAll(`${folder}/`, `${root.replace(/\*$/, '')}/`),
      text,
    );
  const problems = error.problems.map((problem) => ({ ...problem, message: say(problem.message) }));
  return { ...error, message: say(error.message), problems };
}

/** The error that crossed the channel. */
export function fromWireError(error: WireError): SluiceError {
  return new SluiceError(error.reason, error.message, { details: error.details, problems: error.problems });
}

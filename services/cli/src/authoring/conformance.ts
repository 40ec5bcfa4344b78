import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { SluiceError } from '@sluice/chassis';
import { pythonSdkFolder } from '@sluice/chassis/packaging';
import type { AuthorPackage } from './author-package.js';

/** What one check of the SDK's conformance suite found. */
export interface ConformanceResult {
  readonly stop: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  readonly error?: string;
}

const LIMIT_MS = 120_000;
/** The author's own Python: the one of the environment that is active. */
const PYTHON = process.env['SLUICE_PYTHON_COMMAND'] ?? 'python3';
const RESULT = 'sluice-conformance:';

/** Runs in the author's folder, so that it meets the SDK and the engine that are installed there. */
const SCRIPT = `
  import { pathToFileURL } from 'node:url';
  import { conformance } from '@sluice/plugin-sdk/testing';
  const { default: plugin } = await import(pathToFileURL(process.argv[1]).href);
  const stops = plugin?.stops ?? [];
  for (const stop of stops) {
    for (const check of conformance(stop, stops)) {
      const result = { stop: String(stop.name), name: check.name };
      try { await check.run(); } catch (error) { result.error = String(error?.message ?? error); }
      console.log(${JSON.stringify(RESULT)} + JSON.stringify(result));
    }
  }
  process.exit(0);
`;

/**
 * Runs the SDK's conformance suite on the stops of a package, in a process of its own.
 *
 * @throws PLUGIN_FAILED when the package cannot be loaded, ends the process, or takes longer than two minutes
 */
export async function runConformance({ folder, language }: AuthorPackage, entry: string): Promise<ConformanceResult[]> {
  const [program, args] =
    language === 'python'
      ? [PYTHON, ['-B', join(pythonSdkFolder(), 'check.py'), entry]]
      : [process.execPath, ['--input-type=module', '-e', SCRIPT, '--', entry]];
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (...how) => resolve(how));
    }),
  ]);
  const lines = out.split('\n').filter((line) => line.startsWith(RESULT));
  if (code === 0) return lines.map((line) => JSON.parse(line.slice(RESULT.length)) as ConformanceResult);
  if (/No module named 'pyarrow'/.test(err)) {
    throw new SluiceError(
      'PYTHON_UNAVAILABLE',
      `'${PYTHON}' has no pyarrow; activate the package's environment, or pip install sdk/*.whl`,
    );
  }
  if (/Cannot find package '@sluice\/plugin-sdk'/.test(err)) {
    throw new SluiceError('PLUGIN_FAILED', `the SDK is not installed in '${folder}'; run npm install there`);
  }
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  throw new SluiceError('PLUGIN_FAILED', `the checks of '${folder}' ended with ${how}: ${err.trim().slice(-2_000)}`);
}

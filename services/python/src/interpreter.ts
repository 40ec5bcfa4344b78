import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SluiceError } from '@sluice/plugin-sdk';

const run = promisify(execFile);

/** A Python that can run stops. */
export interface Interpreter {
  /** The program, absolute. */
  readonly program: string;
  /** Such as `3.11.7`. */
  readonly version: string;
  /** The machine as wheels name it, such as `x86_64`. */
  readonly machine: string;
  /** The system as wheels name it: `linux`, `macosx`, `win`. */
  readonly system: string;
  readonly pyarrow: string;
}

const OLDEST = [3, 9] as const;
const LIMIT_MS = 20_000;

const QUESTION = `
import json, platform, sys
try:
    import pyarrow
    arrow = pyarrow.__version__
except Exception as error:
    arrow = ''
systems = {'darwin': 'macosx', 'win32': 'win'}
print(json.dumps({'program': sys.executable, 'version': platform.python_version(), 'machine': platform.machine(),
                  'system': systems.get(sys.platform, sys.platform), 'pyarrow': arrow}))
`;

/** What was found, by command. What was not found is looked for again: it may be installed meanwhile. */
const known = new Map<string, Interpreter>();

/**
 * Finds the Python of a command, such as `python3` or a path.
 *
 * @throws PYTHON_UNAVAILABLE when there is none, it is too old, or it has no pyarrow
 */
export async function findPython(command: string): Promise<Interpreter> {
  const found = known.get(command) ?? (await ask(command));
  known.set(command, found);
  return found;
}

async function ask(command: string): Promise<Interpreter> {
  const remedy = 'install Python 3.9 or newer with pyarrow (pip install pyarrow), or name one in python.command';
  const refuse = (what: string, cause?: unknown): SluiceError =>
    new SluiceError('PYTHON_UNAVAILABLE', `stops in Python cannot run here: ${what}; ${remedy}`, {
      details: { command },
      cause,
    });
  let said: string;
  try {
    said = (await run(command, ['-c', QUESTION], { timeout: LIMIT_MS })).stdout;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? `there is no '${command}'` : `'${command}' failed: ${message.trim()}`, cause);
  }
  const found = JSON.parse(said.trim().split('\n').at(-1) ?? '') as Interpreter;
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw refuse(`'${command}' is Python ${found.version}`);
  }
  if (found.pyarrow === '') throw refuse(`Python ${found.version} (${found.program}) has no pyarrow`);
  return found;
}

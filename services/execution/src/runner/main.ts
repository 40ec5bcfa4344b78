import { processChannel } from '@sluice/kernel';
import { Runner } from './runner.js';

const channel = processChannel();
const runner = new Runner(channel);

// Without its node nothing that it does can count: it ends at once, with all that it started.
channel.signal.addEventListener('abort', () => process.kill(-process.pid, 'SIGKILL'));

// What no promise of the runner catches was thrown by a stop's code: the work fails and the process ends with it.
const end = (error: unknown): void => void runner.fail(error).finally(() => setTimeout(() => process.exit(70), 50));
process.on('uncaughtException', end);
process.on('unhandledRejection', end);

// Node opens them when they are first asked for; a stop that only looks at them has left nothing behind.
void [process.stdout, process.stderr];

runner.listen();

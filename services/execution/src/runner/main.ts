import { processChannel } from '@sluice/kernel';
import { Runner } from './runner.js';

const runner = new Runner(processChannel());

// What no promise of the runner catches was thrown by a stop's code: the work fails and the process ends with it.
const end = (error: unknown): void => void runner.fail(error).finally(() => setTimeout(() => process.exit(70), 50));
process.on('uncaughtException', end);
process.on('unhandledRejection', end);

runner.listen();

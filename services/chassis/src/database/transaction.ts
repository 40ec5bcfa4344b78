import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { SluiceError, isSluiceError } from '../errors.js';
import { codeOf, isConnectionError, isContention } from './failures.js';

const TRY_FOR_MS = 15_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;

function unavailable(error: Error, what: string): SluiceError {
  const code = codeOf(error);
  const message = `${what}: ${error.message}; see that the database runs and is not overloaded`;
  return new SluiceError('DATABASE_UNAVAILABLE', message, { details: code === '' ? {} : { code }, cause: error });
}

/** Runs `work` in a transaction, again and again while the database says that others were in the way. */
export async function runTransaction<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  const until = Date.now() + TRY_FOR_MS;
  for (let attempt = 1; ; attempt += 1) {
    let hasBegun = false;
    try {
      return await knex.transaction((trx) => {
        hasBegun = true;
        return work(trx);
      });
    } catch (error) {
      if (isSluiceError(error) || !(error instanceof Error)) throw error;
      const isLost = isConnectionError(error);
      // A connection that broke at COMMIT may have committed: only one that never began is safe to try again.
      const mayRetry = isContention(error) || (isLost && !hasBegun && error.name !== 'KnexTimeoutError');
      if (!mayRetry && !isLost) throw error;
      if (!mayRetry) throw unavailable(error, 'the database was lost during a transaction');
      if (Date.now() >= until) throw unavailable(error, `a transaction failed ${attempt} times`);
      await delay(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
    }
  }
}

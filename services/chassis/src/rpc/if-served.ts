import { isSluiceError } from '../errors.js';

/** What a call gives, or `none` on a platform that has not the service. One that cannot be reached is an error. */
export async function ifServed<T>(call: Promise<T>, none: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isSluiceError(error) && error.code === 'UNIMPLEMENTED') return none;
    throw error;
  }
}

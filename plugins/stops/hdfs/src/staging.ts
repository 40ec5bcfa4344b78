import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';

/** A place beside another for output that is not complete. Its name begins with a dot, so readers pass it by. */
export function stagingBeside(path: string): string {
  return join(dirname(path), stagingName());
}

/** A name for such a place. */
export function stagingName(): string {
  return `.sluice-partial-${randomUUID()}`;
}

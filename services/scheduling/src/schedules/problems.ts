import { isSluiceError, type Problem } from '@sluice/chassis';

/** Gathers what is wrong, each with the field that it concerns. */
export class Problems {
  readonly found: Problem[] = [];

  add(property: string, message: string): void {
    this.found.push({ reason: 'SCHEDULE_INVALID', message: `${property}: ${message}`, property });
  }

  /** What `work` gives; its error becomes a problem of the field. */
  try<T>(property: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      this.add(property, error.message);
      return undefined;
    }
  }
}

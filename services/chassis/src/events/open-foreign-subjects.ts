import type { ForeignOptions, ForeignSubjects } from './foreign-subjects.js';

/** Begins to connect to NATS, in the background. */
export async function openForeignSubjects(options: ForeignOptions): Promise<ForeignSubjects> {
  const { NatsSubjects } = await import('./nats-subjects.js');
  return new NatsSubjects(options);
}

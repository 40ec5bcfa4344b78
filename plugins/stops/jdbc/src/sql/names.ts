import type { Session } from './session.js';

/** The first two columns of a small query, as texts. */
export async function namesOf(session: Session, sql: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const rows of (await session.query(sql)).rows()) {
    for (const [name, type = ''] of rows) found.push([String(name ?? ''), String(type ?? '')]);
  }
  return found;
}

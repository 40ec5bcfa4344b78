/** Whether a subject is one of the platform's own. */
export function isOwnSubject(subject: string): boolean {
  return subject === 'sluice' || subject.startsWith('sluice.');
}

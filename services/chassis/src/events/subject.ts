import { SluiceError } from '../errors.js';

const WORD = /^[A-Za-z0-9_-]+$/;

/** Checks a subject to publish to; throws REQUEST_INVALID when it is not `word.word...`. */
export function checkSubject(subject: string): void {
  if (subject.startsWith('sluice.v1.') && subject.split('.').every((word) => WORD.test(word))) return;
  throw new SluiceError('REQUEST_INVALID', `'${subject}' is no subject; write sluice.v1.<service>.<noun>.<verb>`);
}

/** Checks a subject to subscribe to and gives a test for those that it stands for. */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  const words = pattern.split('.');
  const isLast = (index: number): boolean => index === words.length - 1;
  const isFine = words.every((word, index) => WORD.test(word) || word === '*' || (word === '>' && isLast(index)));
  if (!isFine || !pattern.startsWith('sluice.v1.')) {
    const message = `'${pattern}' is no subject to subscribe to; write sluice.v1.<service>.<noun>.<verb>, with * for one word or > at the end`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  const source = words.map((word) => (word === '*' ? '[^.]+' : word === '>' ? '.+' : word)).join('\\.');
  const expression = new RegExp(`^${source}$`);
  return (subject) => expression.test(subject);
}

/** Checks the name of a durable subscription. */
export function checkDurable(durable: string): void {
  if (WORD.test(durable)) return;
  throw new SluiceError('REQUEST_INVALID', `'${durable}' is no name for a subscription; use letters, digits, - and _`);
}

export type { CronExpression, CronGrammar } from './cron-expression.js';
export { describeCron } from './describe.js';
export { MOST_TIMES, answerCronLine, explainCron, type CronAnswer, type CronQuestion } from './explain.js';
export { readMoment, showMoment } from './moment.js';
export { nextTime, parseCron } from './search.js';
export { parseZone, type Zone } from './zone.js';

import { SluiceError, type Reason } from '@sluice/chassis';
import type { DialectReply, DialectRequest } from '../../dialect.js';

export const TEXT = 'text/plain; charset=UTF-8';

/** The header that says why in Sluice's words, beside PiFlow's own text. */
export const REASON_HEADER = 'sluice-error-reason';

/** What PiFlow says when a route fails. */
const TEXTS: Readonly<Record<string, string>> = {
  '/stop/groups': 'getGroup Method Not Implemented Error!',
  '/stop/list': 'Can not found stop !',
  '/stop/listWithGroup': 'Can not found stop !',
  '/stop/info': 'getPropertyDescriptor or getIcon Method Not Implemented Error!',
  '/flow/start': 'Can not start flow!',
  '/flow/stop': 'Can not found process Error!',
  '/flow/info': 'appID is null or flow run failed!',
  '/flow/progress': 'appID is null or flow run failed!',
  '/flow/log': 'appID is null or flow does not exist!',
  '/flow/checkpoints': 'appID is null or flow does not exist!',
  '/flow/debugData': 'appID is null or stop does not have debug data!',
  '/flow/visualizationData': 'appID is null or stop does not have visualization data!',
  '/flow/testDataPath': 'test data path is null!',
  '/resource/info': 'get resource info error!',
  '/schedule/start': 'Can not start flow!!!',
  '/schedule/info': 'scheduleId is null or schedule info is error!',
  '/plugin/add': 'Fail',
  '/plugin/remove': 'Fail',
  '/plugin/info': 'Can not found plugins !',
  '/plugin/path': 'Can not found plugin path !',
  '/sparkJar/add': 'Fail',
  '/sparkJar/remove': 'Fail',
  '/sparkJar/path': 'Can not found spark jar path !',
};

/** What its HTTP server says when a handler gives up, as it does on these routes when the request names nothing. */
const INTERNAL_ERROR = 'There was an internal server error.';
const GIVES_UP: readonly string[] = ['/stop/info', '/flow/stop'];

/** Routes of PiFlow's web server, which its server has not. */
const WEB_ROUTES = /^\/(stops|stopsManage|user)\//;

/** What PiFlow answers for a path that it does not know. */
export const UNKNOWN_RESOURCE: DialectReply = { status: 404, type: TEXT, body: 'Unknown resource!' };

/**
 * PiFlow's status and text for an error. It answers 500 whatever is wrong; its clients look at the status and at how
 * the text begins. So the first line is its own, and behind it stands what is wrong, a line for each problem.
 */
export function toFailure(error: SluiceError, { path }: Pick<DialectRequest, 'path'>): DialectReply {
  const headers = { [REASON_HEADER]: error.reason };
  if (error.reason === 'NOT_IMPLEMENTED') return { status: 501, type: TEXT, body: error.message, headers };
  // PiFlow has no such guard, and so no status of its own for it.
  const status = error.reason === 'ORIGIN_FORBIDDEN' ? 403 : 500;
  if (WEB_ROUTES.test(path) && status === 500) return webFailure(error, headers);
  const text = error.reason === 'REQUEST_INVALID' && GIVES_UP.includes(path) ? INTERNAL_ERROR : TEXTS[path];
  return { status, type: TEXT, body: [text ?? INTERNAL_ERROR, ...explain(error)].join('\n'), headers };
}

function explain({ reason, message, details, problems }: SluiceError): string[] {
  if (problems.length === 0) return [line(reason, message)];
  const omitted = details['problemsOmitted'];
  const more = omitted === undefined ? [] : [`and ${omitted} more problems`];
  return [...problems.map((problem) => line(problem.reason, problem.message)), ...more];
}

function line(reason: Reason, message: string): string {
  return `${reason}: ${message.replace(/\s*\n\s*/g, ' ')}`;
}

/** How PiFlow's web server says that something failed: its pages look at `code`. */
function webFailure(error: SluiceError, headers: Readonly<Record<string, string>>): DialectReply {
  return { status: 200, type: TEXT, body: JSON.stringify({ code: 500, errorMsg: explain(error).join('\n') }), headers };
}

/** The error of a route that names no run, stop or bundle. */
export function nothingNamed(what: string, example: string): SluiceError {
  return new SluiceError('REQUEST_INVALID', `the request names no ${what}; write ${example}`);
}

/** The error of a route, or of a wish, that Sluice does not serve yet. */
export function notYet(message: string): SluiceError {
  return new SluiceError('NOT_IMPLEMENTED', message);
}

import { SluiceError } from '@sluice/chassis';
import { describe, expect, it } from 'vitest';
import { toFailure } from './piflow.errors.js';

describe('toFailure', () => {
  it("begins with PiFlow's text and goes on with every problem, a line each", () => {
    const error = new SluiceError('FLOW_INVALID', 'two problems', {
      problems: [
        { reason: 'STOP_TYPE_UNKNOWN', message: "stop 'a': no such type" },
        { reason: 'PROPERTY_MISSING', message: "stop 'b':\n needs csvPath" },
      ],
      details: { problemsOmitted: '3' },
    });
    expect(toFailure(error, { path: '/flow/start' })).toEqual({
      status: 500,
      type: 'text/plain; charset=UTF-8',
      headers: { 'sluice-error-reason': 'FLOW_INVALID' },
      body: [
        'Can not start flow!',
        "STOP_TYPE_UNKNOWN: stop 'a': no such type",
        "PROPERTY_MISSING: stop 'b': needs csvPath",
        'and 3 more problems',
      ].join('\n'),
    });
  });

  it("says what PiFlow's HTTP server says when a request names nothing", () => {
    const error = new SluiceError('REQUEST_INVALID', 'the request names no bundle');
    const { status, body } = toFailure(error, { path: '/stop/info' });
    expect([status, body]).toEqual([
      500,
      'There was an internal server error.\nREQUEST_INVALID: the request names no bundle',
    ]);
  });

  it('answers 403 to a web page that may not call it', () => {
    const error = new SluiceError('ORIGIN_FORBIDDEN', 'requests from elsewhere are not served');
    const { status, body } = toFailure(error, { path: '/flow/start' });
    expect([status, body]).toEqual([
      403,
      'Can not start flow!\nORIGIN_FORBIDDEN: requests from elsewhere are not served',
    ]);
  });

  it("answers as PiFlow's web server does on its routes", () => {
    const error = new SluiceError('PLUGIN_NOT_FOUND', "no package has the id 'x'");
    const { status, body } = toFailure(error, { path: '/stops/mountStopsHub' });
    expect([status, JSON.parse(body as string)]).toEqual([
      200,
      { code: 500, errorMsg: "PLUGIN_NOT_FOUND: no package has the id 'x'" },
    ]);
  });

  it('answers 501 with a sentence alone for what is not served yet', () => {
    const { status, body } = toFailure(new SluiceError('NOT_IMPLEMENTED', 'Not yet.'), { path: '/group/start' });
    expect([status, body]).toEqual([501, 'Not yet.']);
  });
});

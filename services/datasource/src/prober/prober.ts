import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { FilesOptions } from '@sluice/flow/files';
import { redactor, SluiceError } from '@sluice/chassis';
import { childProcessHost, describeExit, type Sandbox } from '@sluice/kernel';
import { grantedEnvironment, packageSandbox, singleHosts, withReal } from '@sluice/packages/node';
import { CONNECTION_STEPS, REASONS, type Reason } from '@sluice/plugin-sdk';
import type { Rows } from '@sluice/proto/common/v1/rows';
import { TestVerdict, type DatasourceEntry, type TestStep } from '@sluice/proto/datasource/v1/datasource';
import type { TestDatasourceResponse } from '@sluice/proto/datasource/v1/datasource_service';
import type { TypeCode } from '../datasources/datasource-types.js';
import type { ProbeAnswer, ProbeRequest } from './protocol.js';

/** A datasource with its secrets. */
export interface Unsealed {
  /** The present name of its type. */
  readonly type: string;
  readonly code: TypeCode;
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

const TEST_MS = 10_000;
const LONGEST_MS = 60_000;
const MEMORY_BYTES = 512 * 2 ** 20;
/** What the process may take besides the connection. */
const SPARE_MS = 5_000;

/** Connects to datasources, each time in a process of its own that is killed when it takes too long. */
export class Prober {
  constructor(
    private readonly files: FilesOptions,
    /** The folder of unpacked packages. */
    private readonly packages: string,
  ) {}

  /** Connects and says how far it came. */
  async test(source: Unsealed, timeoutMs: number): Promise<TestDatasourceResponse> {
    const answer = await this.ask(source, { kind: 'test' }, limited(timeoutMs, TEST_MS, LONGEST_MS));
    const { error, product = '', version = '', latencyMs = 0 } = answer;
    const usesTls = !['', 'off', undefined].includes(source.values['tls']);
    return {
      passed: error === undefined,
      steps: stepsOf(error?.details['step'], error !== undefined, usesTls),
      product,
      version,
      latencyMs,
      reason: error?.reason ?? '',
      message: error?.message ?? '',
    };
  }

  async browse(source: Unsealed, path: readonly string[], limit: number): Promise<DatasourceEntry[]> {
    const answer = await this.ask(source, { kind: 'browse', path, limit: limited(limit, 200, 5000) }, LONGEST_MS / 2);
    return (need(answer).entries ?? []).map((each) => ({ ...each }));
  }

  async rows(source: Unsealed, table: string, limit: number): Promise<Rows> {
    const answer = await this.ask(source, { kind: 'rows', table, limit: limited(limit, 20, 1000) }, LONGEST_MS / 2);
    const { columns = [], rows = [] } = need(answer);
    return { columns: columns.map((each) => ({ ...each })), rows: rows.map((row) => [...row]) };
  }

  /** Code of an uploaded package may do no more than it may in a run. */
  private sandboxFor({ plugin, generation }: TypeCode, entry: string): Sandbox {
    const code = dirname(dirname(dirname(entry)));
    const data = withReal([...this.files.roots, ...Object.values(this.files.mounts)]);
    return packageSandbox(plugin.capabilities, generation, { code, data, packages: this.packages });
  }

  private async ask(source: Unsealed, work: ProbeRequest['work'], timeoutMs: number): Promise<ProbeAnswer> {
    // Resolved by name, because sources and tests lie elsewhere than the built module.
    const entry = createRequire(import.meta.url).resolve('@sluice/datasource/prober');
    const { plugin, modules } = source.code;
    const { capabilities } = plugin;
    const host = childProcessHost({
      name: 'prober',
      entry,
      memoryBytes: MEMORY_BYTES,
      ...(plugin.uploaded
        ? { sandbox: this.sandboxFor(source.code, entry), env: grantedEnvironment(capabilities) }
        : {}),
    });
    const redact = redactor(source.secrets);
    let timer: NodeJS.Timeout | undefined;
    try {
      await host.start();
      const answer = await new Promise<ProbeAnswer>((resolve) => {
        timer = setTimeout(() => resolve(late(timeoutMs)), timeoutMs + SPARE_MS);
        void host.exited.then((exit) =>
          resolve(failed('CONNECTION_FAILED', `the prober ended: ${describeExit(exit)}`)),
        );
        host.onMessage((message) => resolve(message as ProbeAnswer));
        const { type, values } = source;
        host.send({
          entry: plugin.entry,
          modules,
          ...(plugin.uploaded ? { bound: { native: capabilities.native, hosts: singleHosts(capabilities) } } : {}),
          type,
          values,
          timeoutMs,
          files: this.files,
          work,
        } satisfies ProbeRequest);
      });
      return answer.error === undefined ? answer : redact(answer);
    } finally {
      clearTimeout(timer);
      await host.kill(0);
    }
  }
}

function limited(given: number, usual: number, most: number): number {
  if (given < 0) throw new SluiceError('REQUEST_INVALID', `${given} is no limit; give 0 for the usual, or more`);
  return given === 0 ? usual : Math.min(given, most);
}

function late(timeoutMs: number): ProbeAnswer {
  return failed('CONNECTION_FAILED', `there was no answer within ${timeoutMs} ms`, { step: 'connect' });
}

function failed(reason: Reason, message: string, details: Readonly<Record<string, string>> = {}): ProbeAnswer {
  return { error: { reason, message, details } };
}

function need(answer: ProbeAnswer): ProbeAnswer {
  if (answer.error === undefined) return answer;
  const { reason, message, details } = answer.error;
  throw new SluiceError(reason in REASONS ? (reason as Reason) : 'INTERNAL', message, { details });
}

/** The steps before the one that failed went well, those behind it were not reached. */
function stepsOf(failedAt: string | undefined, hasFailed: boolean, usesTls: boolean): TestStep[] {
  const at = CONNECTION_STEPS.findIndex((step) => step === failedAt);
  return CONNECTION_STEPS.map((step, index) => {
    const isBefore = !hasFailed || index < at;
    if (step === 'tls' && isBefore && !usesTls) return { step, verdict: TestVerdict.TEST_VERDICT_NOT_USED };
    if (isBefore) return { step, verdict: TestVerdict.TEST_VERDICT_PASSED };
    const isIt = index === at;
    return { step, verdict: isIt ? TestVerdict.TEST_VERDICT_FAILED : TestVerdict.TEST_VERDICT_NOT_TRIED };
  });
}

import { create, toBinary } from '@bufbuild/protobuf';
import { toSluiceError, type Clients } from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import type { Contract, Method } from '../contract/contract.js';
import { CLIENTS, CONTRACT } from '../tokens.js';

/** How long a service may take to answer before it counts as ill. */
const LIMIT_MS = 2_000;
/** How long an answer counts, so that many askers cost a service one call. */
const KEEP_MS = 500;

/** Whether one service answers. */
export interface ServiceHealth {
  /** The service's name, such as `execution`. */
  readonly service: string;
  readonly ok: boolean;
  /** How long it took to answer, in milliseconds. */
  readonly ms: number;
  /** Why it does not answer; empty when it does. */
  readonly message: string;
}

/**
 * Asks each service of the contract for a list of one item: that it answers shows that it, its address and its store
 * work, which a mere connection would not.
 */
@injectable()
export class Health {
  readonly #probes: ReadonlyMap<string, () => Promise<unknown>>;
  #last: { readonly at: number; readonly result: Promise<readonly ServiceHealth[]> } | undefined;

  constructor(@inject(CONTRACT) contract: Contract, @inject(CLIENTS) clients: Clients) {
    const names = [...new Set(contract.methods.map(({ service }) => service))].sort();
    this.#probes = new Map(
      names.flatMap((service) => {
        const method = contract.methods.find((one) => one.service === service && canProbe(one));
        return method === undefined ? [] : [[service, prober(method, clients)] as const];
      }),
    );
  }

  /** The health of every service, at most half a second old. It never throws. */
  check(): Promise<readonly ServiceHealth[]> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#last.at > KEEP_MS) {
      const result = Promise.all([...this.#probes].map(([service, probe]) => ask(service, probe)));
      this.#last = { at: now, result };
    }
    return this.#last.result;
  }
}

async function ask(service: string, probe: () => Promise<unknown>): Promise<ServiceHealth> {
  const begin = performance.now();
  const told = (ok: boolean, message: string): ServiceHealth => {
    return { service, ok, ms: Math.round(performance.now() - begin), message };
  };
  try {
    await probe();
    return told(true, '');
  } catch (error) {
    return told(false, toSluiceError(error).message);
  }
}

function canProbe({ desc, streams, bindings }: Method): boolean {
  if (streams || !desc.name.startsWith('List')) return false;
  return bindings.some(({ verb, variables }) => verb === 'GET' && variables.length === 0);
}

function prober({ desc, definition }: Method, clients: Clients): () => Promise<unknown> {
  const size = desc.input.fields.find(({ name }) => name === 'page_size');
  const request = create(desc.input, size === undefined ? {} : { [size.localName]: 1 });
  const bytes = Buffer.from(toBinary(desc.input, request));
  const call = clients.get(definition).call as unknown as (bytes: Buffer, options: object) => Promise<Buffer>;
  // Not made again: that the first call fails is what is to be known.
  return () => call(bytes, { deadlineMs: LIMIT_MS, idempotent: false });
}

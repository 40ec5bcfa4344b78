import { SluiceError, type Client } from '@sluice/chassis';
import { flowError, readFlow } from '@sluice/flow';
import type { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import type { Flow } from '@sluice/proto/common/v1/flow';
import type { FlowReference } from '@sluice/proto/execution/v1/run';

/** The catalog's flows, as far as runs need them. */
export type Flows = Pick<Client<typeof FlowServiceService>, 'resolveFlow'>;

/** The ways in which a call names a flow. */
export type FlowSource =
  | { readonly $case: 'flow'; readonly value: Flow }
  | { readonly $case: 'reference'; readonly value: FlowReference }
  | { readonly $case: 'document'; readonly value: string }
  | undefined;

/** A flow that is to run, and where it came from. */
export interface FoundFlow {
  readonly flow: Flow;
  readonly id: string;
  readonly version: number;
}

/** Finds the flow that a call names: given, kept by the catalog, or in a document. */
export async function findFlow(source: FlowSource, flows: Flows): Promise<FoundFlow> {
  if (source === undefined) {
    const message = 'the request names no flow; give one of flow, reference or document';
    throw new SluiceError('REQUEST_INVALID', message);
  }
  if (source.$case === 'flow') return { flow: source.value, id: '', version: 0 };
  if (source.$case === 'document') {
    const { flow, problems } = readFlow(source.value);
    if (problems.length > 0) throw flowError(flow.name, problems);
    return { flow, id: '', version: 0 };
  }
  const { id, version } = source.value;
  const { flow: stored } = await flows.resolveFlow({ id, version });
  if (stored?.flow === undefined) throw new SluiceError('FLOW_NOT_FOUND', `the catalog has no flow '${id}'`);
  return { flow: stored.flow, id: stored.id, version: stored.version };
}

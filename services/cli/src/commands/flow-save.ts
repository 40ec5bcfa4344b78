import { randomUUID } from 'node:crypto';
import { SluiceError, type Client } from '@sluice/chassis';
import { StoredFlow } from '@sluice/proto/catalog/v1/flow';
import { FlowServiceService, ImportFlowResponse, ValidateFlowResponse } from '@sluice/proto/catalog/v1/flow_service';
import type { Flow } from '@sluice/proto/common/v1/flow';
import type { Problem } from '@sluice/proto/common/v1/problem';
import { EXIT } from '../exit-codes.js';
import { readDocument, readFlowSource } from '../flow-source.js';
import { problemLines } from '../report-error.js';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { readCount } from '../values.js';
import { readFormat } from './flow-get.js';

type FlowClient = Client<typeof FlowServiceService>;

async function flowsOf(session: Session, local?: boolean): Promise<FlowClient> {
  return (await session.connect(local)).get(FlowServiceService);
}

/** Checks a flow and says everything that is wrong with it; the exit code is 1 when something is. */
export async function validateFlow(
  session: Session,
  options: { readonly local?: boolean },
  name: string,
): Promise<void> {
  const source = await readFlowSource(name);
  const client = await flowsOf(session, options.local);
  const graph =
    source.$case === 'document' ? source : ({ $case: 'flow', value: await storedGraph(client, source.value) } as const);
  const found = await client.validateFlow({ source: graph }, { idempotent: true });
  if (found.problems.length > 0) session.exitWith(EXIT.failed);
  if (session.json) return session.outJson(ValidateFlowResponse.toJSON(found));
  const { texts, style, errorStyle } = session;
  if (found.problems.length === 0) {
    const { name: flowName = '', stops = [] } = found.flow ?? {};
    if (!session.quiet) session.out(`${style.good('✓')} ${texts.flow.sound(printable(flowName), stops.length)}`);
    return;
  }
  session.err(`${errorStyle.bad(texts.errors.error)} ${texts.flow.problems(found.problems.length)}`);
  session.err(...problemLines(session, found.problems));
}

async function storedGraph(client: FlowClient, reference: { id: string; version: number }): Promise<Flow> {
  const { flow } = await client.getFlow(reference);
  if (flow?.flow === undefined) throw new SluiceError('INTERNAL', `the catalog gave no flow for '${reference.id}'`);
  return flow.flow;
}

/** The graph that a document holds, as the platform understands it, and what would stop a run of it. */
async function readGraph(client: FlowClient, file: string): Promise<{ flow: Flow; problems: readonly Problem[] }> {
  const source = { $case: 'document', value: await readDocument(file) } as const;
  const { flow, problems } = await client.validateFlow({ source }, { idempotent: true });
  if (flow === undefined) throw new SluiceError('FLOW_UNREADABLE', `there is no flow in ${file}`);
  return { flow, problems };
}

/** Keeps a flow from a file. One with problems is kept too: it is checked when it runs. */
export async function createFlow(
  session: Session,
  options: { readonly comment?: string },
  file: string,
): Promise<void> {
  const client = await flowsOf(session);
  const { flow, problems } = await readGraph(client, file);
  const request = { flow, comment: options.comment ?? '', idempotencyKey: randomUUID() };
  tellSaved(session, (await client.createFlow(request, { idempotent: true })).flow, problems);
}

/** Saves a new version of a flow from a file. */
export async function updateFlow(
  session: Session,
  options: { readonly comment?: string; readonly expect?: string },
  id: string,
  file: string,
): Promise<void> {
  const expectedVersion = readExpected(options.expect);
  const client = await flowsOf(session);
  const { flow, problems } = await readGraph(client, file);
  const request = { id, flow, expectedVersion, comment: options.comment ?? '', idempotencyKey: randomUUID() };
  tellSaved(session, (await client.updateFlow(request, { idempotent: true })).flow, problems);
}

/** Keeps a flow from a document of PiFlow or Sluice. */
export async function importFlow(
  session: Session,
  options: { readonly comment?: string; readonly format?: 'sluice' | 'piflow' },
  file: string,
): Promise<void> {
  const document = await readDocument(file);
  const client = await flowsOf(session);
  const request = {
    document,
    format: readFormat(options.format),
    comment: options.comment ?? '',
    idempotencyKey: randomUUID(),
  };
  const found = await client.importFlow(request, { idempotent: true });
  if (session.json) return session.outJson(ImportFlowResponse.toJSON(found));
  tellSaved(session, found.flow, found.problems);
}

/** Deletes a flow with all its versions. */
export async function deleteFlow(session: Session, options: { readonly expect?: string }, id: string): Promise<void> {
  const request = { id, expectedVersion: readExpected(options.expect), idempotencyKey: randomUUID() };
  await (await flowsOf(session)).deleteFlow(request, { idempotent: true });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.flow.deleted(id));
}

function readExpected(text: string | undefined): number {
  return text === undefined ? 0 : readCount('--expect', text);
}

function tellSaved(session: Session, stored: StoredFlow | undefined, problems: readonly Problem[]): void {
  const saved = stored ?? StoredFlow.create();
  const { texts, style, errorStyle } = session;
  if (session.json) session.outJson(StoredFlow.toJSON(saved));
  else if (session.quiet) session.out(saved.id);
  else
    session.out(`${style.good('✓')} ${texts.flow.saved(saved.id, saved.version, printable(saved.flow?.name ?? ''))}`);
  if (problems.length === 0 || session.quiet || session.json) return;
  session.err(`${errorStyle.warn(texts.errors.warning)} ${texts.flow.problems(problems.length)}`);
  session.err(...problemLines(session, problems));
}

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FlowDocument } from './client.js';

/** Flows and stop types of PiFlow that stand beside a checkout of those who have them; nobody else needs them. */
const FOLDER = new URL('../../../../shared/piflow/', import.meta.url);

/** Whether the corpus is there. Tests that need it are skipped where it is not. */
export const HAS_CORPUS = existsSync(fileURLToPath(FOLDER));

/** A group of flows, as deep as it may be. */
export interface GroupDocument {
  readonly group: { readonly flows?: readonly FlowDocument[]; readonly groups?: readonly GroupDocument[] };
}

/** A stop type as PiFlow's sources declare it. */
export interface DeclaredStop {
  readonly bundle: string;
  readonly groups: readonly string[];
  readonly inports: readonly string[];
  readonly outports: readonly string[];
  readonly isCustomized?: boolean;
  /** Whether it is in PiFlow's last version. */
  readonly current?: boolean;
  /** Absent for a stop that has none. */
  readonly properties?: readonly {
    readonly name: string;
    readonly sensitive?: boolean;
    readonly allowableValues?: readonly string[];
  }[];
}

/** The text of a document, by its name without `.json`. */
export function corpusText(name: string): string {
  return readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');
}

/** The flow of a document, with other values where `more` gives them. */
export function corpusFlow(name: string, more: Readonly<Record<string, unknown>> = {}): FlowDocument {
  const { flow } = JSON.parse(corpusText(name)) as FlowDocument;
  return { flow: { ...flow, ...more } };
}

/** The names of all flow documents. */
export function corpusNames(): string[] {
  const index = JSON.parse(corpusText('index')) as { readonly file: string }[];
  return index.map(({ file }) => file.replace(/\.json$/, ''));
}

/** Every flow of a group and of the groups in it. */
export function flowsOf({ group }: GroupDocument): FlowDocument[] {
  return [...(group.flows ?? []), ...(group.groups ?? []).flatMap(flowsOf)];
}

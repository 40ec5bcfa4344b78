import type { Capabilities } from '@sluice/kernel';
import {
  PluginKind,
  SignatureState,
  type Capabilities as WireCapabilities,
  type Generation,
  type GenerationMember,
  type Plugin,
  type PluginChange,
} from '@sluice/proto/catalog/v1/plugin';
import type { PackageDescription } from '@sluice/proto/catalog/v1/plugin_node_service';
import type { ChangeRecord, GenerationRecord, KeptPlugin, Member, PackageKind, PluginRecord } from './plugin-record.js';

const KINDS: Readonly<Record<PackageKind, PluginKind>> = {
  stops: PluginKind.PLUGIN_KIND_STOPS,
  engines: PluginKind.PLUGIN_KIND_ENGINES,
  'spark-jar': PluginKind.PLUGIN_KIND_SPARK_JAR,
  'duckdb-extension': PluginKind.PLUGIN_KIND_DUCKDB_EXTENSION,
  'node-package': PluginKind.PLUGIN_KIND_NODE_PACKAGE,
  'python-wheel': PluginKind.PLUGIN_KIND_PYTHON_WHEEL,
};

const SIGNATURES = {
  none: SignatureState.SIGNATURE_STATE_NONE,
  trusted: SignatureState.SIGNATURE_STATE_TRUSTED,
  unknown: SignatureState.SIGNATURE_STATE_UNKNOWN_KEY,
} as const;

export function toPlugin({ record, member }: KeptPlugin): Plugin {
  const { facts, manifest } = record;
  const { state, key, message } = facts.signature;
  return {
    name: record.name,
    version: record.version,
    kind: KINDS[record.kind],
    digest: record.digest,
    sizeBytes: BigInt(record.size),
    fileName: record.fileName,
    sdk: facts.sdk,
    stops: manifest.stops.map(({ name }) => name),
    engines: manifest.engines.map(({ name }) => name),
    capabilities: toCapabilities(facts.capabilities),
    granted: record.granted,
    signature: { state: SIGNATURES[state], key, message },
    examples: facts.examples.map((each) => ({ ...each })),
    mounted: member !== undefined,
    isDefault: member?.isDefault ?? false,
    quarantineReason: record.quarantineReason,
    quarantineTime: record.quarantinedMs === undefined ? undefined : new Date(record.quarantinedMs),
    createTime: new Date(record.createdMs),
    uploadedBy: record.uploadedBy,
    removing: record.removing,
    contents: [...facts.contents],
    bundles: { ...facts.bundles },
    declaredOnly: member?.declaredOnly ?? false,
  };
}

export function toGeneration({ number, members, comment, actor, createdMs }: GenerationRecord): Generation {
  const createTime = number === 0 ? undefined : new Date(createdMs);
  return { number: BigInt(number), members: members.map(toMember), comment, actor, createTime };
}

function toMember(member: Member): GenerationMember {
  return { ...member, declaredOnly: member.declaredOnly ?? false };
}

/** What a package is, as an upload says it; undefined when it leaves that to the file. */
export function kindOf(kind: PluginKind): PackageKind | undefined {
  return (Object.keys(KINDS) as PackageKind[]).find((each) => KINDS[each] === kind);
}

/** A package as nodes need to know it. */
export function toDescription(record: PluginRecord): PackageDescription {
  const { digest, name, version, kind, facts, manifest, fileName } = record;
  return {
    digest,
    name,
    version,
    kind: KINDS[kind],
    entry: facts.entry,
    manifest: JSON.stringify(manifest),
    capabilities: toCapabilities(facts.capabilities),
    bundles: { ...facts.bundles },
    fileName,
  };
}

export function toChange({ timeMs, ...change }: ChangeRecord): PluginChange {
  return {
    ...change,
    sequence: BigInt(change.sequence),
    generation: BigInt(change.generation),
    time: new Date(timeMs),
  };
}

function toCapabilities(given: Capabilities): WireCapabilities {
  const { network, read, write, processes, native, environment } = given;
  return {
    network: [...network],
    readPaths: [...read],
    writePaths: [...write],
    processes,
    native,
    environment: [...environment],
  };
}

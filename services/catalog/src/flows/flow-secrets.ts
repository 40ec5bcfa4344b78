import { HIDDEN } from '@sluice/flow';
import type { Generation, MountedStop } from '@sluice/kernel';
import type { Flow, Stop } from '@sluice/proto/common/v1/flow';

/** A reference without a default, which might be a secret. */
const REFERENCE = /\$\{([^{}:]+)\}/g;
/** What secrets are called; for stops whose type is not mounted, so that nobody knows their kinds. */
const SECRET_NAME = /pass(word|wd|phrase)?$|secret|token|credential|(access|private|api)_?key/i;

/** The flow as it is written into documents: no value of a secret property is there. */
export function withoutSecrets(flow: Flow, generation: Generation): Flow {
  return replaceSecrets(flow, generation, undefined);
}

/** The flow as it is shown: it says where secrets are, and not which. */
export function hideSecrets(flow: Flow, generation: Generation): Flow {
  return replaceSecrets(flow, generation, HIDDEN);
}

/** The flow with the secrets of an earlier version where they were hidden when it was shown; a stop is the same by name and type. */
export function restoreSecrets(flow: Flow, earlier: Flow): Flow {
  const restore = <T>(values: Record<string, T>, before: Record<string, T>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value === HIDDEN ? (before[name] ?? value) : value]),
    );
  const stopsBefore = new Map(earlier.stops.map((stop) => [stop.name, stop]));
  const stops = flow.stops.map((stop): Stop => {
    const before = stopsBefore.get(stop.name);
    return before?.bundle === stop.bundle ? { ...stop, properties: restore(stop.properties, before.properties) } : stop;
  });
  return { ...flow, stops, environmentVariable: restore(flow.environmentVariable, earlier.environmentVariable) };
}

/**
 * The flow with something else for the values of secret properties, and for those of variables that they refer to.
 * value that is a reference, or empty, stays: it is no secret.
 */
function replaceSecrets(flow: Flow, generation: Generation, instead: string | undefined): Flow {
  const secretVariables = new Set<string>();
  const stops = flow.stops.map((stop): Stop => {
    const isSecret = secretNames(generation.stop(stop.bundle));
    const properties = (Object.entries(stop.properties) as [string, unknown][]).flatMap(([name, value]) => {
      if (!isSecret(name)) return [[name, value]];
      const text = typeof value === 'string' ? value : '';
      for (const [, variable = ''] of text.matchAll(REFERENCE)) secretVariables.add(variable);
      if (text.replace(REFERENCE, '').trim() === '') return [[name, value]];
      return instead === undefined ? [] : [[name, instead]];
    });
    return { ...stop, properties: Object.fromEntries(properties) as Stop['properties'] };
  });
  const variables = Object.entries(flow.environmentVariable).map(([key, value]): [string, string] => [
    key,
    secretVariables.has(bareName(key)) && value !== '' ? (instead ?? '') : value,
  ]);
  return { ...flow, stops, environmentVariable: Object.fromEntries(variables) };
}

function secretNames(type: MountedStop | undefined): (name: string) => boolean {
  if (!type) return (name) => SECRET_NAME.test(name);
  const secret = Object.entries(type.manifest.properties).filter(([, property]) => property.secret);
  const names = new Set(secret.flatMap(([name, { aliases = [] }]) => [name, ...aliases]));
  return (name) => names.has(name);
}

/** The name of a variable without its `${}`. */
export function bareName(key: string): string {
  return /^\$\{(.*)\}$/s.exec(key.trim())?.[1] ?? key;
}

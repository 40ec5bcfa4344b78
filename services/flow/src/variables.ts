/** `${NAME}`; with another `$` before it, it stands for itself. */
const REFERENCE = /\$?\$\{([\p{L}_][\p{L}\p{N}_.-]*)\}/gu;

/** The variables of a flow by name: PiFlow writes the keys as `${NAME}`. */
export function variablesByName(given: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [/^\$\{(.*)\}$/s.exec(key.trim())?.[1] ?? key, value]),
  );
}

/**
 * Puts values for references in every text of a value, lists and objects included. `$${NAME}` becomes `${NAME}`.
 *
 * @param unknown called with each name that has no value; the reference stays
 */
export function resolveVariables(
  value: unknown,
  variables: Readonly<Record<string, string>>,
  unknown: (name: string) => void,
): unknown {
  const resolve = (each: unknown): unknown => resolveVariables(each, variables, unknown);
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (reference: string, name: string) => {
      if (reference.startsWith('$$')) return reference.slice(1);
      if (!Object.hasOwn(variables, name)) unknown(name);
      return variables[name] ?? reference;
    });
  }
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
}

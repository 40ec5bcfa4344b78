/** How the ports of one side of a stop are named. */
export type PortShape =
  | { readonly kind: 'none' }
  | { readonly kind: 'single' }
  | { readonly kind: 'named'; readonly names: readonly string[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'routed' };

/** No port on this side. */
export const none: PortShape = { kind: 'none' };
/** One port, whose name is the empty text. */
export const single: PortShape = { kind: 'single' };
/** Any number of ports, named by the paths of the flow. */
export const any: PortShape = { kind: 'any' };
/** One out port for each customized property, and the default port. */
export const routed: PortShape = { kind: 'routed' };
/** The ports named here, such as `Left` and `Right`. */
export function named(...names: string[]): PortShape {
  return { kind: 'named', names };
}

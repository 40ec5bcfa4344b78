/** How the ports of one side of a stop are named. A flow must feed in ports unless they are `optional`. */
export type PortShape =
  | { readonly kind: 'none' }
  | { readonly kind: 'single'; readonly optional?: boolean }
  | { readonly kind: 'named'; readonly names: readonly string[]; readonly optional?: boolean }
  | { readonly kind: 'any' }
  | { readonly kind: 'routed' };

/** No port on this side. */
export const none: PortShape = { kind: 'none' };
/** One port, whose name is the empty text. */
export const single: PortShape = { kind: 'single' };
/** One in port that a flow may leave unfed, as PiFlow's readers have. */
export const optionalSingle: PortShape = { kind: 'single', optional: true };
/** Any number of ports, named by the paths of the flow. */
export const any: PortShape = { kind: 'any' };
/** One out port for each customized property, and the default port. */
export const routed: PortShape = { kind: 'routed' };
/** The ports named here, such as `Left` and `Right`. */
export function named(...names: string[]): PortShape {
  return { kind: 'named', names };
}

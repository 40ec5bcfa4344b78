/** One in port that may be left without a path: PiFlow draws it on stops that make rows themselves. */
export const optionalSingle = { kind: 'single', optional: true } as const;

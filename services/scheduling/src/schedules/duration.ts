/** A duration as the contract has it. */
export interface Duration {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** A duration of the contract in milliseconds. */
export function durationMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1000 + Math.round(duration.nanos / 1e6);
}

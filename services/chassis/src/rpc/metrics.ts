/** What the gRPC server and clients count. */
export interface RpcMetrics {
  handled(path: string, code: string, ms: number): void;
  called(path: string, code: string): void;
  retried(path: string): void;
}

/** Counts nothing: for programs that nobody asks for metrics. */
export const NO_RPC_METRICS: RpcMetrics = {
  handled: () => undefined,
  called: () => undefined,
  retried: () => undefined,
};

/** The largest body of a request, decompressed. */
export const BODY_LIMIT_BYTES = 64 * 2 ** 20;
/** The largest sum of a request's headers. */
export const HEADER_LIMIT_BYTES = 32 * 2 ** 10;
/** How long a client may take to send its headers. */
export const HEADERS_TIMEOUT_MS = 30_000;
/** How long a client may take to send its whole request. */
export const REQUEST_TIMEOUT_MS = 300_000;
/** How long a connection may be idle between requests; longer than proxies keep theirs. */
export const IDLE_TIMEOUT_MS = 75_000;
/** The longest value in a path. */
export const PARAMETER_LIMIT = 1_000;
/** How long requests under way may take to end when the process closes. */
export const CLOSE_GRACE_MS = 3_000;
/** How long the rest of a body that was refused is still taken, so that its sender reads why. */
export const DRAIN_MS = 10_000;

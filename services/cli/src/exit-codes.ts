/** How the process ends, for scripts. deploy/README.md has the same table. */
export const EXIT = {
  /** It went well. */
  ok: 0,
  /** The run failed, the flow has problems, or the platform refused what was asked. */
  failed: 1,
  /** The command, an option, a value or a setting is wrong. */
  usage: 2,
  /** A file, flow, run or stop type does not exist. */
  notFound: 3,
  /** The platform, or a service of it, cannot be reached or did not answer in time. */
  unavailable: 4,
  /** The run was cancelled. */
  cancelled: 5,
  /** Somebody else changed or made the same thing first. */
  conflict: 6,
  /** A fault of Sluice itself. */
  fault: 70,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

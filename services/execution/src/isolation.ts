import { isSluiceError } from '@sluice/chassis';
import { sandboxSupport } from '@sluice/kernel';
import { findPython } from '@sluice/python';
import { hasControlGroups } from './node/control-group.js';

/** What this machine has to hold the code of plugins, and to run stops in Python. */
export interface Isolation {
  /** Limits by name, and whether each is enforced here. */
  readonly limits: Readonly<Record<'files' | 'network' | 'sizes' | 'rights' | 'groups', boolean>>;
  /** The Python of a command; absent when none can run stops. */
  readonly python?: { readonly version: string; readonly pyarrow: string; readonly program: string };
  /** Why there is no Python. */
  readonly noPython?: string;
}

/** Looks at this machine as an execution node does. */
export async function lookAtIsolation(pythonCommand: string): Promise<Isolation> {
  const { permissions: files, network, limits: sizes, privileges: rights } = sandboxSupport();
  const limits = { files, network, sizes, rights, groups: hasControlGroups() };
  try {
    return { limits, python: await findPython(pythonCommand) };
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    return { limits, noPython: error.message };
  }
}

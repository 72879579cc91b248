import { type OpenTree, type OpenTreeOptions, openTree, TreeError, type TreeFault } from '@fb/control'
import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'

const FAULTS: Readonly<Record<TreeFault, ExitCode>> = {
  mount: ExitCode.USAGE,
  source: ExitCode.NO_INPUT,
  socket: ExitCode.UNAVAILABLE,
}

/** Opens the tree that a command line describes, as `openTree` of `@fb/control`. Throws {@link FatalError}. */
export async function openDaemonTree(options: OpenTreeOptions): Promise<OpenTree> {
  try {
    return await openTree(options)
  } catch (error) {
    if (!(error instanceof TreeError)) throw error
    throw new FatalError(error.message, FAULTS[error.fault])
  }
}

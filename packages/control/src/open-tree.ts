import { ControlError, toControlError } from './control-error.js'
import { ControlServer } from './control-server.js'
import { ServedTree, type ServedTreeOptions } from './served-tree.js'
import type { TreeOptions } from './tree-options.js'
import { type LeveledLogger, TreeTarget, type TreeTargetOptions } from './tree-target.js'

/** Options of {@link openTree}. */
export interface OpenTreeOptions
  extends Pick<ServedTreeOptions, 'defaults' | 'checkSource'>,
    Omit<TreeTargetOptions, 'tree'> {
  /** What the command line asks for. */
  readonly options: TreeOptions
  readonly logger: LeveledLogger
}

/** Why a tree cannot be served: a mount that makes no sense, a source that cannot be opened, the control socket. */
export type TreeFault = 'mount' | 'source' | 'socket'

/** A tree cannot be served; the message is one line for people. */
export class TreeError extends Error {
  override readonly name = 'TreeError'
  readonly fault: TreeFault

  constructor(fault: TreeFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** A tree that is ready to be served, with its control socket. */
export class OpenTree {
  readonly tree: ServedTree
  readonly #control: ControlServer | undefined

  constructor(tree: ServedTree, control: ControlServer | undefined) {
    this.tree = tree
    this.#control = control
  }

  /** The end is near: nobody may change anything any more, and nothing waits for `resume`. Removes the socket at once. */
  stop(): void {
    this.tree.gate?.open()
    void this.#control?.close()
  }

  /** Gives everything back, when nothing is served any more. */
  async close(): Promise<void> {
    await this.#control?.close()
    this.tree.close()
  }
}

/**
 * Opens what is to be mounted, and listens at the control socket where there is one. Throws {@link TreeError}; nothing is
 * left behind then.
 */
export async function openTree(options: OpenTreeOptions): Promise<OpenTree> {
  const { options: asked, defaults, checkSource, logger } = options
  const { mounts, controlSocket } = asked
  const controlled = controlSocket !== undefined
  const tree = new ServedTree({
    ...{ controlled, defaults, logger },
    ...(checkSource === undefined ? {} : { checkSource }),
  })
  try {
    for (const spec of mounts) {
      await tree.mount(spec).catch((error: unknown) => {
        const { code, message } = toControlError(error)
        throw new TreeError(code === 'EINVAL' ? 'mount' : 'source', `${spec.path}: ${message}`)
      })
    }
    return new OpenTree(tree, controlled ? await listen(controlSocket, tree, options) : undefined)
  } catch (error) {
    tree.close()
    throw error
  }
}

async function listen(
  path: string | number,
  tree: ServedTree,
  options: OpenTreeOptions,
): Promise<ControlServer> {
  const { logger } = options
  try {
    return await ControlServer.listen({ path, target: new TreeTarget({ ...options, tree }), logger })
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    throw new TreeError('socket', `--control-socket: ${error.message}`)
  }
}

import type { NodeId } from '@fb/api'
import type { Mount } from '../mount/mount.js'
import { ROOT } from '../node-ids.js'
import type { Router } from './router.js'

/** How many nodes the client is asked to forget at a time. */
const PRUNE_COUNT = 256

/** Asks the client to forget nodes before a limit is reached. */
export function relieve(router: Router, mount: Mount): void {
  const { index, settings } = mount
  const limit = settings.nodes
  if (limit === Number.POSITIVE_INFINITY || router.client.nodes.nodes(index) < limit - limit / 8) return
  const nodes = nextNodes(router, mount, Math.min(PRUNE_COUNT, Math.ceil(limit / 4)))
  if (nodes.length > 0) announce(router, mount, nodes)
}

/**
 * Has the client forget what nobody uses of a mount that is gone: of another one each time. It may have been about to use it, or
 * not quite have let go of it, when it was told before.
 */
export function forgetAgain(router: Router): void {
  const { detached } = router.mounts
  const [mount] = detached.values()
  if (mount === undefined) return
  detached.delete(mount.index)
  detached.set(mount.index, mount)
  announce(router, mount, [ROOT, ...nextNodes(router, mount, PRUNE_COUNT - 1)])
}

/** The client has closed a file or directory of a mount that is out of the tree. */
export function afterClose(router: Router, mount: Mount, node: NodeId): void {
  router.mounts.reap(mount)
  if (node === ROOT) return
  // Its name leads nowhere any more. The client would remember it, and the directories on the way, until it runs out of memory.
  router.announcer.announce({ kind: 'unused', nodes: [node] })
}

function nextNodes({ client }: Router, mount: Mount, count: number): NodeId[] {
  const { nodes, next } = client.nodes.some(mount.index, mount.pruneFrom, count)
  mount.pruneFrom = next
  return nodes
}

function announce({ announcer, tree }: Router, mount: Mount, nodes: readonly NodeId[]): void {
  announcer.announce({ kind: 'unused', nodes: nodes.map((node) => tree.global(mount, node)) })
}

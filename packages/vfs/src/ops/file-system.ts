import { InitFlag } from '@fb/abi'
import { type Context, Errno, isPromise, type NodeId, OPERATIONS, type Outcome } from '@fb/api'
import { asker } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import { ROOT } from '../node-ids.js'
import type { Router } from '../router/router.js'

const ask = asker('syncfs')

/** The whole tree where the client takes it for one file system, else the mount of the node. */
export function syncfs(router: Router, node: NodeId, ctx: Context): Outcome<void> {
  const mount = router.at(node)
  if (mount === undefined) return Errno.ESTALE
  if (node !== ROOT || router.features.has(InitFlag.SUBMOUNTS)) {
    return syncMount(router, mount, localNode(mount, node), ctx)
  }
  const outcomes = router.mounts.served.flatMap((other) =>
    other === undefined ? [] : [syncMount(router, other, ROOT, ctx)],
  )
  return outcomes.some(isPromise)
    ? Promise.all(outcomes).then((all) => all.find((outcome) => outcome instanceof Errno))
    : (outcomes.find((outcome) => outcome instanceof Errno) as Errno | undefined)
}

function syncMount({ answers }: Router, mount: Mount, node: NodeId, ctx: Context): Outcome<void> {
  return answers.plain<void>(mount, ask(mount, node, ctx), OPERATIONS.syncfs.missing)
}

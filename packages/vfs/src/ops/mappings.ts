import {
  type CacheWindow,
  type Context,
  Errno,
  type FileHandle,
  type MappingRange,
  type MappingRequest,
  type NodeId,
  OPERATIONS,
  type Outcome,
} from '@fb/api'
import { asker } from '../kit/ask.js'
import { localNode } from '../mount/mount.js'
import type { Router } from '../router/router.js'

const ask = { setup: asker('setupmapping'), remove: asker('removemapping') }

export function setupmapping(
  router: Router,
  node: NodeId,
  fh: FileHandle | undefined,
  request: MappingRequest,
  window: CacheWindow,
  ctx: Context,
): Outcome<void> {
  const mount = fh === undefined ? router.at(node) : router.on(node, fh)
  if (mount === undefined) return Errno.ENOTCONN
  const local = localNode(mount, node)
  const outcome = ask.setup(mount, local, router.localHandle(mount, node, fh), request, window, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.setupmapping.missing)
}

/** A mount that is gone has no say any more, but what it had mapped must not stay in the window. */
export function removemapping(
  router: Router,
  node: NodeId,
  ranges: readonly MappingRange[],
  window: CacheWindow,
  ctx: Context,
): Outcome<void> {
  const mount = router.at(node)
  if (mount === undefined) return window.unmap(ranges)
  const outcome = ask.remove(mount, localNode(mount, node), ranges, window, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.removemapping.missing)
}

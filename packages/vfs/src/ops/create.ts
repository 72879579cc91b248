import {
  type Context,
  type CreateReply,
  Errno,
  type Name,
  type NodeId,
  OPERATIONS,
  type Outcome,
} from '@fb/api'
import { asker } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'

const O_EXCL = 0o200

const { ESTALE, EEXIST, EISDIR, ENFILE } = Errno
const ask = { create: asker('create'), tmpfile: asker('tmpfile') }

export function create(
  router: Router,
  parent: NodeId,
  name: Name,
  mode: number,
  flags: number,
  killSuidgid: boolean,
  ctx: Context,
): Outcome<CreateReply> {
  const mount = router.at(parent)
  if (mount === undefined) return ESTALE
  if (router.placeAt(mount, parent, name) !== undefined) return (flags & O_EXCL) !== 0 ? EEXIST : EISDIR
  if (router.isFull(mount)) return ENFILE
  const local = localNode(mount, parent)
  const outcome = ask.create(mount, local, name, masked(mount, mode, ctx), flags, killSuidgid, ctx)
  return router.answers.created(mount, flags, outcome, OPERATIONS.create.missing)
}

export function tmpfile(
  router: Router,
  parent: NodeId,
  mode: number,
  flags: number,
  ctx: Context,
): Outcome<CreateReply> {
  const mount = router.at(parent)
  if (mount === undefined) return ESTALE
  if (router.isFull(mount)) return ENFILE
  const outcome = ask.tmpfile(mount, localNode(mount, parent), masked(mount, mode, ctx), flags, ctx)
  return router.answers.created(mount, flags, outcome, OPERATIONS.tmpfile.missing)
}

/** The mode of a new file, where the kernel leaves the umask to file systems and this one does not know. */
export function masked(mount: Mount, mode: number, ctx: Context): number {
  return mount.masks ? mode & ~ctx.umask : mode
}

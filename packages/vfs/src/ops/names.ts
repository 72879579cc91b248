import { type Context, type Entry, Errno, type Name, type NodeId, OPERATIONS, type Outcome } from '@fb/api'
import { asker } from '../kit/ask.js'
import { localNode, type Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'
import { masked } from './create.js'

// What leads to a mount can be neither removed nor renamed, and nothing can be made in its place.

const { ESTALE, EEXIST, EBUSY, EXDEV } = Errno

const ask = {
  symlink: asker('symlink'),
  mknod: asker('mknod'),
  mkdir: asker('mkdir'),
  unlink: asker('unlink'),
  rmdir: asker('rmdir'),
  rename: asker('rename'),
  link: asker('link'),
}

export function symlink(
  router: Router,
  parent: NodeId,
  name: Name,
  target: Uint8Array,
  ctx: Context,
): Outcome<Entry> {
  const mount = mountFor(router, parent, name, EEXIST)
  if (mount instanceof Errno) return mount
  const outcome = ask.symlink(mount, localNode(mount, parent), name, target, ctx)
  return router.answers.entry(mount, outcome, OPERATIONS.symlink.missing)
}

export function mknod(
  router: Router,
  parent: NodeId,
  name: Name,
  mode: number,
  rdev: number,
  ctx: Context,
): Outcome<Entry> {
  const mount = mountFor(router, parent, name, EEXIST)
  if (mount instanceof Errno) return mount
  const outcome = ask.mknod(mount, localNode(mount, parent), name, masked(mount, mode, ctx), rdev, ctx)
  return router.answers.entry(mount, outcome, OPERATIONS.mknod.missing)
}

export function mkdir(
  router: Router,
  parent: NodeId,
  name: Name,
  mode: number,
  ctx: Context,
): Outcome<Entry> {
  const mount = mountFor(router, parent, name, EEXIST)
  if (mount instanceof Errno) return mount
  const outcome = ask.mkdir(mount, localNode(mount, parent), name, masked(mount, mode, ctx), ctx)
  return router.answers.entry(mount, outcome, OPERATIONS.mkdir.missing)
}

export function unlink(router: Router, parent: NodeId, name: Name, ctx: Context): Outcome<void> {
  const mount = mountFor(router, parent, name, EBUSY)
  if (mount instanceof Errno) return mount
  const outcome = ask.unlink(mount, localNode(mount, parent), name, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.unlink.missing)
}

export function rmdir(router: Router, parent: NodeId, name: Name, ctx: Context): Outcome<void> {
  const mount = mountFor(router, parent, name, EBUSY)
  if (mount instanceof Errno) return mount
  const outcome = ask.rmdir(mount, localNode(mount, parent), name, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.rmdir.missing)
}

export function rename(
  router: Router,
  parent: NodeId,
  name: Name,
  newParent: NodeId,
  newName: Name,
  flags: number,
  ctx: Context,
): Outcome<void> {
  const mount = router.at(parent)
  const newMount = router.at(newParent)
  if (mount === undefined || newMount === undefined) return ESTALE
  if (router.placeAt(mount, parent, name) !== undefined) return EBUSY
  if (router.placeAt(newMount, newParent, newName) !== undefined) return EBUSY
  if (mount !== newMount) return EXDEV
  const [from, to] = [localNode(mount, parent), localNode(mount, newParent)]
  const outcome = ask.rename(mount, from, name, to, newName, flags, ctx)
  return router.answers.plain<void>(mount, outcome, OPERATIONS.rename.missing)
}

export function link(
  router: Router,
  node: NodeId,
  newParent: NodeId,
  newName: Name,
  ctx: Context,
): Outcome<Entry> {
  const mount = router.at(node)
  const newMount = router.at(newParent)
  if (mount === undefined || newMount === undefined) return ESTALE
  if (router.placeAt(newMount, newParent, newName) !== undefined) return EEXIST
  if (mount !== newMount) return EXDEV
  const outcome = ask.link(mount, localNode(mount, node), localNode(mount, newParent), newName, ctx)
  return router.answers.entry(mount, outcome, OPERATIONS.link.missing)
}

/** The mount of a directory, for a name in it; `taken` where a mount is there or below. */
function mountFor(router: Router, parent: NodeId, name: Name, taken: Errno): Mount | Errno {
  const mount = router.at(parent)
  if (mount === undefined) return ESTALE
  return router.placeAt(mount, parent, name) === undefined ? mount : taken
}

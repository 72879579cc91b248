import type { Mount } from '../mount/mount.js'
import type { Router } from '../router/router.js'
import { placesFrom } from '../tree/place.js'
import { checkMovable, describeTree } from './describe-tree.js'
import { saveHeld } from './held-rows.js'
import { PieceTag, tagged, taggedJson, taggedNothing } from './tree-pieces.js'

/** What a tree and all its back ends know: see `Vfs.saveState`. */
export async function* saveState(router: Router): AsyncGenerator<Uint8Array, void, void> {
  await router.settle()
  const { tree, mounts, features, unsettled } = router
  const { backEnds, nextIndex, epochs } = mounts
  for (const mount of backEnds) checkMovable(mount)
  const done: Mount[] = []
  let complete = false
  try {
    const state = describeTree({
      ...{ nextIndex, epochs, mounts: mounts.all, nextPlace: tree.nextId },
      connection: unsettled === undefined ? features.describe() : undefined,
      places: placesFrom(tree.root),
      pseudo: router.pseudoFs.snapshot(),
    })
    yield* taggedJson(PieceTag.TREE, state, PieceTag.TREE_PART)
    yield* saveHeld(router.client)
    for (const mount of backEnds) {
      yield* taggedJson(PieceTag.MOUNT, mount.index)
      for await (const piece of mount.fs.saveState?.() ?? [])
        yield* tagged(PieceTag.PIECE, piece, PieceTag.PART)
      done.push(mount)
      yield* taggedNothing(PieceTag.MOUNT_END)
    }
    yield* taggedNothing(PieceTag.END)
    complete = true
  } finally {
    // Some had let go of what only one can have.
    if (!complete) await resume(done).catch(mounts.tellFailedEnd)
  }
}

/** Has back ends take back what they had let go of. Rejects with the first reason why one could not. */
export async function resume(mounts: readonly Mount[]): Promise<void> {
  const ends = await Promise.allSettled(mounts.map(async ({ fs }) => fs.resume?.()))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

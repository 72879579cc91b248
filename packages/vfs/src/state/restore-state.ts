import { StateError } from '@fb/api'
import type { Mount } from '../mount/mount.js'
import { PSEUDO_INDEX } from '../node-ids.js'
import type { Router } from '../router/router.js'
import { shownPath } from '../tree/path.js'
import { checkTree } from './check-tree.js'
import { restoreHeld } from './held-rows.js'
import { takePlaces } from './take-places.js'
import { PieceTag, type TreePieces } from './tree-pieces.js'
import { parseTreeState, type TreeState } from './tree-state.js'

/** Most bytes of what a tree itself says in its state: 65,534 mounts have less. */
const MOST_TREE = 128 * 1024 * 1024

/** Takes the place of another tree: see `Vfs.restoreState`. What the client has lost. */
export async function restoreState(
  router: Router,
  pieces: TreePieces,
  destroy: () => Promise<void>,
): Promise<readonly string[]> {
  if (router.features.connection !== undefined || router.client.isShared)
    throw new StateError('the tree serves somebody else')
  const tree = parseTreeState(await pieces.text(PieceTag.TREE, PieceTag.TREE_PART, MOST_TREE))
  takePlaces(router, tree, checkTree(tree, router.tree.root))
  try {
    return await restoreAll(router, tree, pieces)
  } catch (error) {
    await destroy().catch(router.mounts.tellFailedEnd)
    throw error
  }
}

/** Takes over what the client holds, in the tree and in the back ends. What it has lost. */
async function restoreAll(
  router: Router,
  { mounts }: TreeState,
  pieces: TreePieces,
): Promise<readonly string[]> {
  const known = new Set([PSEUDO_INDEX, ...mounts.map(({ index }) => index)])
  const lost: string[] = []
  for (;;) {
    const { tag, bytes } = await pieces.next()
    if (tag === PieceTag.NODES || tag === PieceTag.OPEN) restoreHeld(tag, bytes, router.client, known)
    else if (tag === PieceTag.MOUNT)
      lost.push(...(await restoreBackEnd(router, new TextDecoder().decode(bytes), pieces)))
    else if (tag === PieceTag.END) break
    else throw new StateError(`the state of the tree has a piece of kind ${tag}`)
  }
  const missing = router.mounts.backEnds.find(({ active }) => !active)
  if (missing !== undefined) throw new StateError(`the state of ${shownPath(missing.path)} is missing`)
  await pieces.end()
  return lost
}

/** Has the back end of a mount, whose index is given in decimal, go on. What the client has lost. */
async function restoreBackEnd({ mounts }: Router, index: string, pieces: TreePieces): Promise<string[]> {
  const mount: Mount | undefined = /^\d{1,5}$/.test(index) ? mounts.served[Number(index)] : undefined
  if (mount === undefined || mount.active) throw new StateError('the state has a mount that is not, or twice')
  const { fs } = mount
  const path = shownPath(mount.path)
  if (fs.restoreState === undefined) {
    throw new StateError(`what is mounted at ${path} cannot go on for another one`)
  }
  const own = pieces.backEnd()
  const lost = await fs.restoreState(own)
  mount.active = true
  const { done } = await own.next()
  if (done !== true) throw new StateError(`what is mounted at ${path} has not taken all of its state`)
  return lost.map((line) => `${path}: ${line}`)
}

import type { NodeId } from '@fb/api'

/**
 * Node ids of a back end that fit into the tree: 2^37. A node id of the tree is `index * SHARE + node`, so that 2^16
 * indexes of 2^37 nodes fill the safe integers exactly.
 */
export const SHARE = 2 ** 37

/** Number of the root, of the tree and of every back end. */
export const ROOT: NodeId = 1

/** Index of the back end that is at `/`: its node ids are those of the tree. */
export const ROOT_INDEX = 0
/** Index of the pseudo directories that lead to the mounts. */
export const PSEUDO_INDEX = 1
/** First index for mounts anywhere. */
export const FIRST_INDEX = 2
/** Number of indexes. */
export const INDEX_COUNT = 2 ** 16

const SHARE_BITS = 48n

/** Index in a node id (or in a handle of the root directory). */
export function indexOf(node: NodeId): number {
  return node < SHARE ? 0 : Math.floor(node / SHARE)
}

/** Whether a back end's node id fits into its share. */
export function fits(node: NodeId): boolean {
  return Number.isInteger(node) && node > 0 && node < SHARE
}

/**
 * Inode number to show for one of a back end. Two mounts of one connection may share a device number, and programs then
 * take two files with the same number for one, so each mount has its own range. Numbers from 2^37 on, which do not
 * fit a range, have their highest bits changed instead.
 */
export function inodeNumber(index: number, ino: number | bigint): number | bigint {
  if (index === 0) return ino
  if (ino < SHARE) return index * SHARE + (typeof ino === 'number' ? ino : Number(ino))
  return BigInt.asUintN(64, (typeof ino === 'number' ? BigInt(ino) : ino) ^ (BigInt(index) << SHARE_BITS))
}

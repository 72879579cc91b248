import type { FileHandle, NodeId } from '@fb/api'
import { directory } from './description.js'
import type { Tree } from './tree.js'
import type { TreeNode } from './tree-node.js'

/** One node of a {@link PseudoSnapshot}. */
export interface PseudoNodeSnapshot {
  readonly number: NodeId
  /** Directory that holds it; 0 for the root and for one that hangs elsewhere. */
  readonly parent: NodeId
  /** The bytes of its name, one character for each (latin1). */
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly mode: number
  /** Seconds and nanoseconds of its last change. */
  readonly mtime: readonly [seconds: number, nanoseconds: number]
  /** Lookups that the client holds. */
  readonly lookups: number
  /** False where its name is gone and only the client still knows it. */
  readonly linked: boolean
}

/** All that a pseudo file system knows, as plain data. Content and functions are not in it: they were given to it. */
export interface PseudoSnapshot {
  /** Number that the next node gets. */
  readonly nextNode: NodeId
  /** Handle that the next file gets whose content is made at the open. */
  readonly nextHandle: FileHandle
  /** By number, a directory before what it holds. */
  readonly nodes: readonly PseudoNodeSnapshot[]
  /** Open files whose content was made for the open; it is in base64. */
  readonly openFiles: readonly { readonly fh: FileHandle; readonly node: NodeId; readonly content: string }[]
}

/** @internal Writes down what the tree and the open files are. */
export function takeSnapshot(
  tree: Tree,
  openFiles: ReadonlyMap<FileHandle, { readonly node: NodeId; readonly bytes: Uint8Array }>,
  nextHandle: FileHandle,
): PseudoSnapshot {
  const nodes = [...tree.nodes.values()].map(describeNode)
  return {
    nextNode: tree.next,
    nextHandle,
    nodes: nodes.sort((a, b) => a.number - b.number),
    openFiles: [...openFiles].map(([fh, { node, bytes }]) => ({
      fh,
      node,
      content: Buffer.from(bytes).toString('base64'),
    })),
  }
}

function describeNode(node: TreeNode): PseudoNodeSnapshot {
  const { number, parent, name, description, attr, lookups, linked } = node
  return {
    number,
    parent,
    name: Buffer.from(name).toString('latin1'),
    kind: description.kind,
    mode: attr.mode,
    mtime: [attr.mtime, attr.mtimensec],
    lookups,
    linked,
  }
}

/** @internal Makes a fresh tree know what another one knew. */
export function applySnapshot(tree: Tree, snapshot: PseudoSnapshot): void {
  for (const { number, name, kind } of snapshot.nodes) {
    if (kind !== 'directory' || tree.nodes.has(number)) continue
    tree.make(0, new Uint8Array(Buffer.from(name, 'latin1')), directory({}), number)
  }
  // Only now, because a directory may hang below one with a higher number.
  for (const { number, parent, mtime, lookups, linked } of snapshot.nodes) {
    const node = tree.nodes.get(number)
    if (node === undefined) continue
    node.lookups = lookups
    if (linked && node.parent !== parent) tree.move(node, parent)
    if (!linked) {
      tree.unlink(node)
      node.parent = parent
    }
    ;[node.attr.mtime, node.attr.mtimensec] = mtime
    ;[node.attr.ctime, node.attr.ctimensec] = mtime
  }
  tree.skipTo(snapshot.nextNode)
}

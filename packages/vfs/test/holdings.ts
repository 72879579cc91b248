import type { FileHandle, NodeId } from '@fb/api'
import type { FuseClient } from '@fb/api/testing'
import type { HandleKind, Vfs, VfsSnapshot } from '../src/index.js'
import { indexOf, ROOT, SHARE } from '../src/node-ids.js'

/** Something that a client has open, by the numbers that it was told. */
export interface Opened {
  readonly node: NodeId
  readonly fh: FileHandle
  readonly kind: HandleKind
  readonly flags: number
}

/** What a client holds of a tree, in words that can be compared. */
export interface Holdings {
  /** `node: lookups`, without the root of the tree. */
  readonly nodes: readonly string[]
  /** `index node fh kind flags count`, as the back ends number them. */
  readonly handles: readonly string[]
}

/** A snapshot as it arrives somewhere else. */
export function throughJson(vfs: Vfs): VfsSnapshot {
  return JSON.parse(JSON.stringify(vfs.snapshot())) as VfsSnapshot
}

/** What a snapshot says that the client holds. */
export function toldBy({ mounts }: VfsSnapshot): Holdings {
  return {
    nodes: mounts
      .flatMap(({ index, nodes }) => nodes.map(([node, , lookups]) => `${index * SHARE + node}: ${lookups}`))
      .sort(),
    handles: mounts
      .flatMap(({ index, open }) =>
        open.map(({ node, fh, kind, flags, count }) => [index, node, fh, kind, flags, count].join(' ')),
      )
      .sort(),
  }
}

/** What a client knows that it holds. */
export function heldBy(client: FuseClient, opened: Iterable<Opened>): Holdings {
  const nodes = [...client.lookups].filter(([node, lookups]) => node !== ROOT && lookups > 0)
  const counts = new Map<string, number>()
  for (const { node, fh, kind, flags } of opened) {
    const index = indexOf(node === ROOT ? fh : node)
    const local = node === ROOT ? [ROOT, fh - index * SHARE] : [node - index * SHARE, fh]
    const key = [index, ...local, kind, flags].join(' ')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return {
    nodes: nodes.map(([node, lookups]) => `${node}: ${lookups}`).sort(),
    handles: [...counts].map(([key, count]) => `${key} ${count}`).sort(),
  }
}

import type { FileHandle, NodeId } from '@fb/api'
import type { FuseClient } from '@fb/api/testing'
import type { ClientState, HandleKind } from '../src/index.js'
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

/** What the tables of a tree say that the client holds. */
export function toldBy({ nodes, handles }: ClientState): Holdings {
  return {
    nodes: nodes
      .entries()
      .map(({ node, index, lookups }) => `${index * SHARE + node}: ${lookups}`)
      .sort(),
    handles: handles
      .entries()
      .map(({ index, node, fh, kind, flags, count }) => [index, node, fh, kind, flags, count].join(' '))
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

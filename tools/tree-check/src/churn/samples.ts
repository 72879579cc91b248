import { Plateau } from '@fb/testbed'
import type { Usage } from '../server/protocol.js'

/** What the server holds while it is used and changed. */
export interface Sample {
  /** Since the changes began. */
  readonly seconds: number
  readonly changes: number
  readonly usage: Usage
}

/** How much more a server holds towards the end of its changes than when the first quarter of them was over, in bytes. */
export interface Growth {
  /** Of the JavaScript heap: what is referred to. */
  readonly heap: number
  /** Of all other memory: tables, buffers, what the allocator keeps. */
  readonly native: number
}

/** How many samples there are of one run, at least. */
export const SAMPLES = 12

const MIB = 1024 * 1024

/**
 * Most that may be, however many changes there are and however long they take: a leak grows with them. The heap gains some
 * MiB until each index of the tree has been used once; the rest follows the pace of changes, for what has gone waits for the
 * collector, and the allocator keeps what that took.
 */
export const MOST_GROWTH: Growth = { heap: 8 * MIB, native: 24 * MIB }

/** Memory of a server that is not V8's. */
export function native({ anonymous, heapSpace }: Usage): number {
  return anonymous - heapSpace
}

/** How much has been gained from the second quarter of the samples to the last. Throws for fewer than eight. */
export function growth(samples: readonly Sample[]): Growth {
  const [heap, rest] = [new Plateau(), new Plateau()]
  for (const { usage } of samples) {
    heap.add(usage.heap)
    rest.add(native(usage))
  }
  return { heap: heap.growth, native: rest.growth }
}

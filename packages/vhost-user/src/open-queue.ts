import { errnoName, mapGuestRegion, unmapGuestRegion } from '@fb/sys'
import {
  DirtyLog,
  type GuestMemory,
  GuestMemoryError,
  InflightQueue,
  RingFeature,
  Virtqueue,
} from '@fb/virtqueue'
import type { LogSetup, QueueSetup, SharedArea } from './device.js'

/** A queue of this thread, and what was mapped for it. */
export interface OpenQueue {
  readonly queue: Virtqueue
  /** Where the queue marks what it writes from now on. Throws GuestMemoryError where that cannot be mapped. */
  setLog(log: LogSetup | undefined): void
  /** Stops the queue and ends the mappings. Idempotent. */
  close(): void
}

function map(what: string, area: SharedArea): ArrayBuffer {
  const buffer = mapGuestRegion(area.fd, area.size, area.offset)
  if (typeof buffer === 'number') throw new GuestMemoryError(`${what} cannot be mapped: ${errnoName(buffer)}`)
  return buffer
}

function has(features: bigint, bit: number): boolean {
  return ((features >> BigInt(bit)) & 1n) === 1n
}

/**
 * Makes the queue that a setup describes, on this thread: the one that got it, or a worker that it was posted to.
 * @param memory - this thread's mapping of the regions
 * @param again - heads that were withdrawn when the queue last stopped (`Virtqueue.withdraw`)
 * @throws GuestMemoryError the rings are not in memory, or something cannot be mapped; nothing stays mapped then
 */
export function openQueue(setup: QueueSetup, memory: GuestMemory, again: readonly number[] = []): OpenQueue {
  const inflight = setup.inflight === undefined ? undefined : map('the in-flight region', setup.inflight)
  let log: ArrayBuffer | undefined
  let closed = false
  const unmap = (buffer: ArrayBuffer | undefined) => buffer !== undefined && unmapGuestRegion(buffer)
  try {
    const queue = new Virtqueue({
      memory,
      size: setup.size,
      addresses: setup.addresses,
      base: setup.base,
      again,
      eventIndex: has(setup.features, RingFeature.EVENT_IDX),
      indirect: has(setup.features, RingFeature.INDIRECT_DESC),
      ...(inflight === undefined
        ? {}
        : { inflight: new InflightQueue(new Uint8Array(inflight), setup.size) }),
    })
    const setLog = (next: LogSetup | undefined) => {
      const before = log
      log = next === undefined ? undefined : map('the log', next)
      if (log === undefined) {
        queue.setLog(undefined)
      } else {
        const pages = new DirtyLog(new Uint8Array(log))
        queue.setLog(next?.usedAddress === undefined ? { pages } : { pages, usedAddress: next.usedAddress })
      }
      unmap(before)
    }
    setLog(setup.log)
    return {
      queue,
      setLog,
      close() {
        if (closed) return
        closed = true
        queue.stop()
        queue.setLog(undefined)
        unmap(log)
        unmap(inflight)
      },
    }
  } catch (error) {
    unmap(log)
    unmap(inflight)
    throw error
  }
}

import { afterEach } from 'vitest'
import { type Chain, GuestMemory, Virtqueue, type VirtqueueOptions } from '../src/index.js'
import { DriverQueue, type DriverQueueOptions, TestMemory, type TestRegion } from '../src/testing/index.js'

/** Descriptors of a queue unless said otherwise. */
export const SIZE = 8
export const PAGE = 4096
const open: (() => void)[] = []
afterEach(() => {
  for (const end of open.splice(0).reverse()) end()
})

/** Runs when the test ends, last first. */
export function cleanup(action: () => void): void {
  open.push(action)
}

export interface Setup {
  readonly ram: TestMemory
  readonly memory: GuestMemory
  readonly driver: DriverQueue
  readonly queue: Virtqueue
  /** A buffer of the guest, filled with its own pattern. */
  buffer(length: number): { address: number; length: number }
}

export type Options = DriverQueueOptions & Partial<VirtqueueOptions> & { regions?: TestRegion[] }

/** A driver and a device in memory of their own. */
export function setup(options: Options = {}): Setup {
  const ram = new TestMemory(options.regions)
  const memory = GuestMemory.map(ram.regions)
  const driver = new DriverQueue(ram, options.size ?? SIZE, options)
  const queue = new Virtqueue({ memory, size: driver.size, addresses: driver.addresses, ...options })
  open.push(
    () => ram.close(),
    () => memory.unmap(),
  )
  let seed = 1
  return {
    ram,
    memory,
    driver,
    queue,
    buffer(length) {
      const address = ram.allocate(Math.max(1, length), 1)
      const bytes = length > 0 ? ram.bytes(address, length) : []
      for (let i = 0; i < length; i += 1) bytes[i] = (seed + 7 * i) & 0xff
      seed += 7 * length
      return { address, length }
    },
  }
}

/** The next request, which must be there. */
export function popped(queue: Virtqueue): Chain {
  const chain = queue.pop()
  if (chain === undefined) throw new Error(`nothing to pop: ${queue.broken ?? queue.lastRefusal}`)
  return chain
}

import { availableRingBytes, descriptorTableBytes, type RingAddresses, usedRingBytes } from '@fb/virtqueue'
import type { MemoryTable } from './memory-table.js'
import type { OwnedFd } from './owned-fd.js'
import { StableFd } from './stable-fd.js'

/** Ring addresses as the front end gives them: user addresses, and where to log writes to the used ring. */
export interface VringAddresses {
  readonly descriptors: number
  readonly available: number
  readonly used: number
  /** Guest address for logging, or `undefined` where the used ring is not logged. */
  readonly log: number | undefined
}

/**
 * What a front end has said about one queue (vhost-user, "Ring states"). Rings are started by SET_VRING_KICK and stopped
 * by GET_VRING_BASE, and enabled or not independently of that.
 */
export class Vring {
  readonly index: number
  size = 0
  addresses: VringAddresses | undefined
  base = 0
  enabled = false
  /** SET_VRING_KICK came, with a descriptor or without. */
  started = false
  kick: OwnedFd | undefined
  readonly call = new StableFd()
  readonly error = new StableFd()
  /** Where the rings are in guest memory while the device serves the queue. */
  running: RingAddresses | undefined

  constructor(index: number) {
    this.index = index
  }

  /** Whether the device should serve it. */
  get ready(): boolean {
    return this.started && this.enabled && this.size > 0 && this.addresses !== undefined
  }

  /** Guest addresses of the rings; `undefined` where one of them is not in memory. */
  locate(table: MemoryTable): RingAddresses | undefined {
    if (this.addresses === undefined) return undefined
    const { memory } = table
    const descriptors = memory.addressOfUser(this.addresses.descriptors, descriptorTableBytes(this.size))
    const available = memory.addressOfUser(this.addresses.available, availableRingBytes(this.size))
    const used = memory.addressOfUser(this.addresses.used, usedRingBytes(this.size))
    return Math.min(descriptors, available, used) < 0 ? undefined : { descriptors, available, used }
  }

  /** Forgets that it was started. */
  halt(): void {
    this.started = false
    this.kick?.close()
    this.kick = undefined
  }

  close(): void {
    this.halt()
    this.call.close()
    this.error.close()
  }
}

import type { RingAddresses } from '@fb/virtqueue'
import { inflightQueueBytes } from '@fb/virtqueue'
import type { LogSetup, QueueSetup, SharedArea, StopReason, VhostUserDevice } from './device.js'
import type { DeviceStateTransfer } from './device-state.js'
import { ProtocolViolation } from './errors.js'
import type { FrontEndChannel } from './front-end-channel.js'
import type { Logger } from './logger.js'
import { MemoryTable } from './memory-table.js'
import { ProtocolFeature, VhostFeature } from './protocol.js'
import type { OwnedArea } from './shared-area.js'
import { Vring } from './vring.js'

/** Where requests in flight are remembered: one region per queue, each for queues of `queueSize` descriptors. */
export interface InflightAreas {
  readonly area: OwnedArea
  readonly queueCount: number
  readonly queueSize: number
}

/** Features that need nothing of the device. */
const OWN_PROTOCOL_FEATURES =
  ProtocolFeature.MQ |
  ProtocolFeature.LOG_SHMFD |
  ProtocolFeature.REPLY_ACK |
  ProtocolFeature.BACKEND_REQ |
  ProtocolFeature.BACKEND_SEND_FD |
  ProtocolFeature.INFLIGHT_SHMFD |
  ProtocolFeature.RESET_DEVICE |
  ProtocolFeature.CONFIGURE_MEM_SLOTS |
  ProtocolFeature.GPA_ADDRESSES

function offered(device: VhostUserDevice): bigint {
  let features = OWN_PROTOCOL_FEATURES
  if (device.getConfig !== undefined) features |= ProtocolFeature.CONFIG
  if (device.statusChanged !== undefined) features |= ProtocolFeature.STATUS
  if (device.saveState !== undefined && device.loadState !== undefined)
    features |= ProtocolFeature.DEVICE_STATE
  if (device.sharedMemory !== undefined) features |= ProtocolFeature.SHMEM
  return features
}

/** All that one connection has settled, and what it holds on behalf of the front end. */
export class Session {
  readonly device: VhostUserDevice
  readonly logger: Logger
  /** Virtio features that are offered. */
  readonly offeredFeatures: bigint
  readonly offeredProtocolFeatures: bigint
  readonly vrings: readonly Vring[]
  features = 0n
  protocolFeatures = 0n
  /** SET_FEATURES came. */
  configured = false
  status = 0
  table = MemoryTable.empty()
  log: OwnedArea | undefined
  inflight: InflightAreas | undefined
  channel: FrontEndChannel | undefined
  transfer: DeviceStateTransfer | undefined

  constructor(device: VhostUserDevice, logger: Logger, withoutProtocolFeatures: bigint) {
    this.device = device
    this.logger = logger
    this.offeredFeatures = device.features | VhostFeature.LOG_ALL | VhostFeature.PROTOCOL_FEATURES
    this.offeredProtocolFeatures = offered(device) & ~withoutProtocolFeatures
    this.vrings = Array.from({ length: device.queueCount }, (_, index) => new Vring(index))
  }

  /**
   * The queue of an index in a message.
   * @throws ProtocolViolation there is none
   */
  vring(message: string, index: number): Vring {
    const vring = this.vrings[index]
    if (vring === undefined)
      throw new ProtocolViolation(message, `queue ${index}, and there are ${this.vrings.length}, from 0`)
    return vring
  }

  /** Whether any queue is being served. */
  get running(): boolean {
    return this.vrings.some((vring) => vring.running !== undefined)
  }

  /** Starts a queue if it is ready and has not been. */
  async start(message: string, vring: Vring): Promise<void> {
    if (!vring.ready || vring.running !== undefined) return
    if (this.transfer?.running === true) {
      throw new ProtocolViolation(message, `queue ${vring.index} would run while device state is transferred`)
    }
    const addresses = vring.locate(this.table)
    if (addresses === undefined)
      throw new ProtocolViolation(message, `queue ${vring.index} is not in guest memory`)
    vring.running = addresses
    try {
      await this.device.startQueue(this.#setup(message, vring, addresses), this.table.memory)
    } catch (error) {
      vring.running = undefined
      throw error
    }
    this.logger.debug({ queue: vring.index, size: vring.size, base: vring.base }, 'queue started')
  }

  /** Stops a queue if it runs, and remembers where it goes on. */
  async stop(vring: Vring, reason: StopReason): Promise<void> {
    if (vring.running === undefined) return
    vring.base = await this.device.stopQueue(vring.index, reason)
    vring.running = undefined
    this.logger.debug({ queue: vring.index, base: vring.base, reason }, 'queue stopped')
  }

  async stopAll(reason: StopReason): Promise<void> {
    for (const vring of this.vrings) await this.stop(vring, reason)
  }

  /**
   * Another table of memory: queues whose rings have moved are stopped and started, the others go on in the new one.
   * @param release - ends the old table, once nobody uses it
   */
  async replaceMemory(
    message: string,
    table: MemoryTable,
    release: (old: MemoryTable) => void,
  ): Promise<void> {
    const moved = this.vrings.filter((vring) => !sameAddresses(vring.running, vring.locate(table)))
    const old = this.table
    this.table = table
    try {
      for (const vring of moved) await this.stop(vring, 'pause')
      await this.device.memoryChanged(table.memory)
    } finally {
      release(old)
    }
    for (const vring of moved) await this.start(message, vring)
  }

  /** Tells the device where queues that run mark what they write. */
  async logChanged(vrings: readonly Vring[] = this.vrings): Promise<void> {
    for (const vring of vrings) {
      if (vring.running !== undefined) await this.device.logChanged(vring.index, this.#logOf(vring))
    }
  }

  /** Gives up a transfer of device state, if there is one under way. Never rejects. */
  async endTransfer(): Promise<void> {
    this.transfer?.abort()
    await this.transfer?.done
  }

  /** Ends everything. Never rejects. */
  async close(error: Error | undefined): Promise<void> {
    const attempt = async (action: () => unknown) => {
      try {
        await action()
      } catch (err) {
        this.logger.error({ err }, 'a device failed to let go of a connection')
      }
    }
    this.channel?.close()
    for (const vring of this.vrings) await attempt(() => this.stop(vring, 'disconnected'))
    await this.endTransfer()
    this.table.close()
    for (const vring of this.vrings) vring.close()
    this.log?.close()
    this.inflight?.area.close()
    await attempt(() => this.device.disconnected?.(error))
  }

  #setup(message: string, vring: Vring, addresses: RingAddresses): QueueSetup {
    return {
      index: vring.index,
      size: vring.size,
      addresses,
      base: vring.base,
      features: this.features,
      kickFd: vring.kick?.fd,
      callFd: vring.call.fd,
      errorFd: vring.error.fd,
      regions: this.table.regions,
      inflight: this.#inflightOf(message, vring),
      log: this.#logOf(vring),
    }
  }

  #inflightOf(message: string, vring: Vring): SharedArea | undefined {
    if (this.inflight === undefined) return undefined
    const { area, queueCount, queueSize } = this.inflight
    if (vring.index >= queueCount || vring.size !== queueSize) {
      throw new ProtocolViolation(
        message,
        `queue ${vring.index} of ${vring.size} descriptors, and in-flight regions of ${queueCount} queues of ${queueSize}`,
      )
    }
    const size = inflightQueueBytes(queueSize)
    return { fd: area.fd, offset: area.offset + vring.index * size, size }
  }

  #logOf(vring: Vring): LogSetup | undefined {
    if (this.log === undefined || (this.features & VhostFeature.LOG_ALL) === 0n) return undefined
    const { fd, offset, size } = this.log
    const usedAddress = vring.addresses?.log
    return { fd, offset, size, ...(usedAddress === undefined ? {} : { usedAddress }) }
  }
}

/** A queue that does not run has no addresses to move from. */
function sameAddresses(before: RingAddresses | undefined, after: RingAddresses | undefined): boolean {
  if (before === undefined) return true
  return (
    before.descriptors === after?.descriptors &&
    before.available === after.available &&
    before.used === after.used
  )
}

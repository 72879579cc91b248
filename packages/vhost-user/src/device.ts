import type { GuestMemory, GuestRegion, RingAddresses } from '@fb/virtqueue'
import type { FrontEnd } from './front-end-channel.js'

/** A result, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>

/** Shared memory that another process gave: the descriptor is the connection's and stays valid while it is in use. */
export interface SharedArea {
  readonly fd: number
  /** Of the first byte in the file. */
  readonly offset: number
  readonly size: number
}

/** Where a queue marks what it writes during live migration. */
export interface LogSetup extends SharedArea {
  /** Address under which writes to the used ring are marked; absent where they are not. */
  readonly usedAddress?: number
}

/**
 * Everything that serves a queue. Plain data: it can be posted to a worker, which maps the regions for itself and uses
 * the same descriptors. They are the connection's: valid until the queue has stopped.
 */
export interface QueueSetup {
  readonly index: number
  readonly size: number
  /** Guest addresses. */
  readonly addresses: RingAddresses
  /** Index in the available ring of the first request. */
  readonly base: number
  /** Virtio features that were acknowledged. */
  readonly features: bigint
  /** Readable when the driver has posted something; `undefined` where the queue must be polled. Made non-blocking. */
  readonly kickFd: number | undefined
  /**
   * Eventfds (or pipes) to write 8 bytes to, to call the driver and to report that the queue is broken. The numbers stay
   * the same while the queue runs, whatever files the front end puts behind them; where it wants none, writing has no
   * effect. `-EAGAIN` means that a call is pending already.
   */
  readonly callFd: number
  readonly errorFd: number
  /** Guest memory, with its descriptors. */
  readonly regions: readonly GuestRegion[]
  /** Where requests in flight are remembered for the next process. */
  readonly inflight: SharedArea | undefined
  readonly log: LogSetup | undefined
}

/** Why a queue stops. */
export type StopReason =
  /** GET_VRING_BASE: it may go on in another process. */
  | 'base'
  /** The front end disabled it, or moves it; it may go on. */
  | 'pause'
  /** The device is being reset, or another front end takes over. */
  | 'reset'
  /** The front end is gone. */
  | 'disconnected'

/**
 * A device behind a vhost-user connection. Calls come one after the other, each after the one before has settled, for
 * one connection at a time; the object outlives connections, for the same guest may come back.
 *
 * What a call throws or rejects with ends the connection, unless said otherwise.
 */
export interface VhostUserDevice {
  /**
   * Virtio features that it offers, those of rings included (`RingFeature` of `@fb/virtqueue`). The connection adds
   * VHOST_USER_F_PROTOCOL_FEATURES and VHOST_F_LOG_ALL.
   */
  readonly features: bigint
  /** Queues, at most 256. */
  readonly queueCount: number
  /** Most descriptors per queue: a power of two, at most 32768. */
  readonly maxQueueSize: number
  /** Bytes of its shared memory regions by id, at most 256, multiples of the page size; offers SHMEM. */
  readonly sharedMemory?: readonly number[]

  /** A front end has connected. */
  connected?(): void
  /** SET_FEATURES: what the driver acknowledged. */
  acknowledged?(features: bigint): void

  /**
   * The front end has a queue of this index, which may start soon or never: monitors say so when they connect, also while they
   * wait for a guest that is being moved to them. May come again. What takes time to start can be started now.
   */
  queueExpected?(index: number): void
  /** Begin to serve a queue: it may hold requests already. `memory` is the mapping of this thread. */
  startQueue(setup: QueueSetup, memory: GuestMemory): MaybePromise<void>
  /**
   * Take no more requests, wait until all that were taken have been returned, touch guest memory no more. What would wait
   * for somebody else (a lock) must be given up, so that this ends.
   * @returns the index in the available ring at which the queue goes on (`Virtqueue.base`)
   */
  stopQueue(index: number, reason: StopReason): MaybePromise<number>
  /**
   * Guest memory is another table from now on: move every queue that runs (`Virtqueue.moveTo`), and let go of the old
   * one, which ends when this settles. Ring addresses have not changed.
   */
  memoryChanged(memory: GuestMemory): MaybePromise<void>
  /** Marking of written pages begins, ends, or goes elsewhere for a queue that runs. */
  logChanged(index: number, log: LogSetup | undefined): MaybePromise<void>

  /** RESET_DEVICE: back to the initial state; queues have been stopped. */
  reset?(): MaybePromise<void>
  /**
   * SET_STATUS: the driver's device status; offers STATUS. QEMU sends 0 whenever it pauses the virtual machine, so 0 must
   * not throw state away that the guest relies on.
   */
  statusChanged?(status: number): MaybePromise<void>

  /** Offers CONFIG: `size` bytes of the configuration space from `offset`; `undefined` where it has none there. */
  getConfig?(offset: number, size: number): Uint8Array | undefined
  /** The driver, or the destination of a migration, writes to the configuration space. False where it must not. */
  setConfig?(offset: number, bytes: Uint8Array, migration: boolean): boolean

  /**
   * Offer DEVICE_STATE: write all internal state to a pipe, or read it until its end. All queues are stopped. The
   * descriptor is the connection's, which closes it afterwards; may be non-blocking or not. A rejection is reported to
   * the front end when it asks (CHECK_DEVICE_STATE) and ends nothing. End soon once `signal` is aborted: the front end
   * has gone.
   */
  saveState?(fd: number, signal: AbortSignal): Promise<void>
  loadState?(fd: number, signal: AbortSignal): Promise<void>

  /** The front end takes requests of the back end (SET_BACKEND_REQ_FD). Valid until `disconnected`. */
  frontEndReachable?(frontEnd: FrontEnd): void
  /** The front end is gone, all queues have stopped, guest memory is unmapped. `error` says why, where it was not its wish. */
  disconnected?(error: Error | undefined): MaybePromise<void>
}

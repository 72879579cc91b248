import type { Chain, GuestMemory } from '@fb/virtqueue'
import type { LogSetup, QueueSetup, StopReason, VhostUserDevice } from '../device.js'
import type { FrontEnd } from '../front-end-channel.js'
import { LoopQueue } from '../loop-queue.js'

/** VERSION_1, EVENT_IDX and INDIRECT_DESC. */
const FEATURES = (1n << 32n) | (1n << 29n) | (1n << 28n)
/** Bytes of a request that are sent back. */
const MOST = 4096

/**
 * The simplest device, for tests: it writes what it reads back into each request. Keeps a record of what was asked of it,
 * and can be told to hold requests back.
 */
export class EchoDevice implements VhostUserDevice {
  readonly features: bigint = FEATURES
  readonly queueCount: number = 4
  readonly maxQueueSize: number = 1024
  readonly sharedMemory: readonly number[] = [0, 1 << 20]
  /** What was called, in order. */
  readonly calls: string[] = []
  readonly queues = new Map<number, LoopQueue>()
  /** Requests are kept until {@link EchoDevice.releaseAll}. */
  hold = false
  /** Requests that are held back, with their queues. */
  readonly held: { readonly chain: Chain; readonly queue: LoopQueue }[] = []
  config = Uint8Array.from({ length: 44 }, (_, i) => i)
  state = new Uint8Array(0)
  frontEnd: FrontEnd | undefined
  readonly #buffer = new Uint8Array(MOST)

  acknowledged(features: bigint): void {
    this.calls.push(`acknowledged 0x${features.toString(16)}`)
  }

  startQueue(setup: QueueSetup, memory: GuestMemory): void {
    this.calls.push(`start ${setup.index} at ${setup.base}`)
    const queue = new LoopQueue(setup, memory, {
      onRequest: (chain, from) => this.#onRequest(chain, from),
      onBroken: (reason) => this.calls.push(`broken ${setup.index}: ${reason}`),
    })
    this.queues.set(setup.index, queue)
  }

  async stopQueue(index: number, reason: StopReason): Promise<number> {
    const queue = this.queues.get(index)
    if (queue === undefined) throw new Error(`queue ${index} does not run`)
    // Nothing waits for somebody who has gone.
    if (reason === 'disconnected') this.releaseAll()
    const base = await queue.stop()
    this.queues.delete(index)
    this.calls.push(`stop ${index} at ${base}, ${reason}`)
    return base
  }

  memoryChanged(memory: GuestMemory): void {
    this.calls.push('memory')
    for (const queue of this.queues.values()) queue.moveTo(memory)
  }

  logChanged(index: number, log: LogSetup | undefined): void {
    this.calls.push(`log ${index} ${log === undefined ? 'off' : 'on'}`)
    this.queues.get(index)?.setLog(log)
  }

  reset(): void {
    this.calls.push('reset')
  }

  statusChanged(status: number): void {
    this.calls.push(`status ${status}`)
  }

  getConfig(offset: number, size: number): Uint8Array | undefined {
    return offset + size <= this.config.length ? this.config.subarray(offset, offset + size) : undefined
  }

  setConfig(offset: number, bytes: Uint8Array, migration: boolean): boolean {
    if (!migration || offset + bytes.length > this.config.length) return false
    this.config.set(bytes, offset)
    return true
  }

  frontEndReachable(frontEnd: FrontEnd): void {
    this.frontEnd = frontEnd
  }

  disconnected(error: Error | undefined): void {
    this.calls.push(`disconnected${error === undefined ? '' : `: ${error.message}`}`)
  }

  /** Answers what is held back. */
  releaseAll(): void {
    for (const { chain, queue } of this.held.splice(0)) this.#answer(chain, queue)
  }

  #onRequest(chain: Chain, queue: LoopQueue): void {
    if (this.hold) this.held.push({ chain, queue })
    else this.#answer(chain, queue)
  }

  #answer(chain: Chain, queue: LoopQueue): void {
    const length = Math.min(chain.readableLength, chain.writableLength, MOST)
    const copied = chain.read(0, this.#buffer, 0, length)
    const written = copied < 0 ? copied : chain.write(0, this.#buffer, 0, copied)
    queue.complete(chain, Math.max(0, written))
  }
}

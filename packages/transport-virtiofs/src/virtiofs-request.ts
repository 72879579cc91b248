import { FuseInHeader, FuseOutHeader, FuseWriteIn, Opcode } from '@fb/abi'
import { Errno, type ReplyBuffer, type TransportRequest } from '@fb/api'
import type { LoopQueue } from '@fb/vhost-user'
import type { Chain } from '@fb/virtqueue'
import { errorOf } from './control-request.js'

/** Where the payload of WRITE begins: it stays in guest memory. */
const WRITE_CONTROL = FuseInHeader.size + FuseWriteIn.size
/** Most bytes of any other request: a SETXATTR with the largest value, names, and room for extensions. */
const MAX_CONTROL = 128 * 1024

const HEADER = FuseOutHeader.size

/** Who hands requests out and gets them back. */
export interface RequestOwner {
  /** The request has been given back to the guest: its object is free for the next one. */
  finished(request: VirtiofsRequest): void
  /** The same for one that the guest still waits for: its head is to be handed out again when the queue goes on. */
  setAside(request: VirtiofsRequest, head: number): void
}

/**
 * One request of a guest. What is judged (header, arguments, names) is copied out of guest memory exactly once;
 * the payload of WRITE and the data of READ stay there and move with one system call. Used again and again.
 */
export class VirtiofsRequest implements TransportRequest {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly reply: ReplyBuffer
  available = 0
  length = 0
  replyCapacity = 0
  readonly #owner: RequestOwner
  #chain!: Chain
  #queue!: LoopQueue
  #data: Uint8Array | undefined
  /** Transfers that run on other threads: the guest must not have its memory back before they have ended. */
  #transfers = 0
  /** What to tell the guest once they have; -1 while the request has no reply. */
  #usedLength = -1
  /** Whether the queue stops, and EINTR means that the request is to be made again. */
  #leaving = false

  /** @param reply - scratch memory of `MIN_REPLY_BUFFER` bytes, shared by the requests of a thread */
  constructor(owner: RequestOwner, reply: ReplyBuffer) {
    this.#owner = owner
    this.reply = reply
    this.bytes = new Uint8Array(MAX_CONTROL)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Takes a chain of a queue: copies the part that is not payload. */
  begin(chain: Chain, queue: LoopQueue): void {
    this.#chain = chain
    this.#queue = queue
    this.#data = undefined
    this.#usedLength = -1
    this.#leaving = false
    this.length = chain.readableLength
    this.replyCapacity = chain.writableLength
    this.available = this.#copyOut(0, WRITE_CONTROL)
    if (this.available === WRITE_CONTROL && this.opcode !== Opcode.WRITE) {
      this.available += this.#copyOut(WRITE_CONTROL, MAX_CONTROL)
    }
  }

  /** The queue that it came from. */
  get queue(): LoopQueue {
    return this.#queue
  }

  /** The operation; -1 where not even the header is there. */
  get opcode(): number {
    if (this.available < FuseInHeader.size) return -1
    return this.view.getUint32(FuseInHeader.offsets.opcode, true)
  }

  /** The number by which the guest knows the request. The header must be there. */
  get unique(): bigint {
    return this.view.getBigUint64(FuseInHeader.offsets.uniqueLow, true)
  }

  #copyOut(from: number, to: number): number {
    const count = Math.min(to, this.length) - from
    return count > 0 ? Math.max(this.#chain.read(from, this.bytes, from, count), 0) : 0
  }

  /** The queue stops and the request is about to be aborted: where that is all that comes of it, it stays with the guest. */
  setAside(): void {
    this.#leaving = true
  }

  send(length: number): boolean {
    if (this.#leaving && errorOf(this.reply.bytes) === -Errno.EINTR.errno) {
      this.#owner.setAside(this, this.#queue.withdraw(this.#chain))
      return false
    }
    return this.#finish(this.#chain.write(0, this.reply.bytes, 0, length) === length, length)
  }

  sendWith(data: Uint8Array): boolean {
    const { length } = data
    return this.#finish(
      this.#chain.write(HEADER, data, 0, length) === length && this.#writeHeader(),
      HEADER + length,
    )
  }

  sendData(size: number): boolean {
    if (this.#data !== undefined) return this.sendWith(this.#data.subarray(0, size))
    return this.#finish(this.#writeHeader(), HEADER + size)
  }

  drop(): void {
    this.#finish(true, 0)
  }

  /** Ends the request with a reply that was made elsewhere, at most as large as the reply buffer, or with none. */
  answer(reply: Uint8Array | undefined): void {
    if (reply === undefined) {
      this.drop()
      return
    }
    this.reply.bytes.set(reply)
    this.send(reply.length)
  }

  /** Nothing to do: the owner uses the object again when it is finished, and no sooner. */
  retain(): void {}

  #writeHeader(): boolean {
    return this.#chain.write(0, this.reply.bytes, 0, HEADER) === HEADER
  }

  /** Gives the chain back. False where the guest does not get the reply: its memory or its queue is gone. */
  #finish(written: boolean, usedLength: number): boolean {
    this.#usedLength = written ? usedLength : 0
    const alive = this.#queue.queue.broken === undefined
    if (this.#transfers === 0) this.#giveBack()
    return written && alive
  }

  #giveBack(): void {
    this.#queue.complete(this.#chain, this.#usedLength)
    this.#owner.finished(this)
  }

  dataFromFd(fd: number, offset: number, size: number, flags = 0): number {
    return this.#chain.writeFromFd(HEADER, size, fd, offset, flags)
  }

  dataFromFdAsync(fd: number, offset: number, size: number): Promise<number> {
    return this.#transfer(this.#chain.writeFromFdAsync(HEADER, size, fd, offset))
  }

  dataBuffer(size: number): Uint8Array {
    this.#data = new Uint8Array(size)
    return this.#data
  }

  payloadToFd(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): number {
    return this.#chain.readToFd(start, size, fd, offset, flags, killPriv)
  }

  payloadToFdAsync(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): Promise<number> {
    return this.#transfer(this.#chain.readToFdAsync(start, size, fd, offset, flags, killPriv))
  }

  payloadBytes(start: number, size: number): Uint8Array {
    const copy = new Uint8Array(size)
    const count = Math.max(this.#chain.read(start, copy, 0, size), 0)
    return count === size ? copy : copy.subarray(0, count)
  }

  async #transfer(running: Promise<number>): Promise<number> {
    this.#transfers += 1
    try {
      return await running
    } finally {
      this.#transfers -= 1
      if (this.#transfers === 0 && this.#usedLength >= 0) this.#giveBack()
    }
  }
}

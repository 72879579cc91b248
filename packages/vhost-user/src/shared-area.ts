import { errnoName, mapGuestRegion, unmapGuestRegion } from '@fb/sys'
import type { SharedArea } from './device.js'
import { ProtocolViolation, Refusal } from './errors.js'
import type { OwnedFd } from './owned-fd.js'

/** Most bytes of an area that is not guest memory: a log of 128 TiB of it, or the in-flight regions of all queues. */
const MAX_BYTES = 2 ** 32
/** Areas begin at multiples of this in their file. */
const ALIGNMENT = 8

/**
 * Memory of the front end that is not the guest's: a log of written pages, or a record of requests in flight. Owns the
 * descriptor; who uses it maps it for itself.
 */
export class OwnedArea implements SharedArea {
  readonly offset: number
  readonly size: number
  readonly #fd: OwnedFd

  private constructor(fd: OwnedFd, offset: number, size: number) {
    this.#fd = fd
    this.offset = offset
    this.size = size
  }

  /**
   * Checks that the area can be mapped. Takes the descriptor, unless it throws.
   * @throws ProtocolViolation its size or offset cannot be
   * @throws Refusal it cannot be mapped
   */
  static of(message: string, fd: OwnedFd, offset: number, size: number): OwnedArea {
    if (size === 0 || size > MAX_BYTES) throw new ProtocolViolation(message, `an area of ${size} bytes`)
    if (offset % ALIGNMENT !== 0) throw new ProtocolViolation(message, `an area at offset ${offset}`)
    const buffer = mapGuestRegion(fd.fd, size, offset)
    if (typeof buffer === 'number') throw new Refusal(message, `cannot be mapped: ${errnoName(buffer)}`)
    unmapGuestRegion(buffer)
    return new OwnedArea(fd, offset, size)
  }

  get fd(): number {
    return this.#fd.fd
  }

  close(): void {
    this.#fd.close()
  }
}

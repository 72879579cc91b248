import { SetupmappingFlag } from '@fb/abi'
import { type CacheWindow, Errno, type MappingRange, type MappingRequest } from '@fb/api'
import { type FrontEnd, ProtocolFeature } from '@fb/vhost-user'

/** Which shared memory region of the device the window is (virtio 1.2, 5.11.6.5). */
const WINDOW_ID = 0
/** What is mapped begins and ends at pages. */
const PAGE_BYTES = 4096
/** Most mappings at once: a front end has a limit of its own, and a guest must not make us remember without bound. */
const MOST_MAPPINGS = 16_384
const NEEDED = ProtocolFeature.SHMEM | ProtocolFeature.BACKEND_SEND_FD

/**
 * Checks the size of a window.
 * @throws RangeError it is not a multiple of 4096 above 0
 */
export function checkWindowSize(size: number): void {
  if (Number.isSafeInteger(size) && size > 0 && size % PAGE_BYTES === 0) return
  throw new RangeError(`a DAX window has a multiple of ${PAGE_BYTES} bytes, not ${size}`)
}

/**
 * The DAX window of a guest: parts of files that the front end shows in a shared memory region of the device (SHMEM_MAP
 * and SHMEM_UNMAP), one change after the other. What a guest maps where something is mapped already takes its place.
 */
export class DaxWindow implements CacheWindow {
  readonly #size: number
  /** Lengths of mappings by where they begin. */
  readonly #mappings = new Map<number, number>()
  #frontEnd: FrontEnd | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @param size - bytes of the window; 0 where there is none */
  constructor(size: number) {
    this.#size = size
  }

  /** Whether the front end can show files to the guest. */
  get usable(): boolean {
    return this.#size > 0 && this.#frontEnd !== undefined
  }

  /** Whether the guest has anything mapped. */
  get used(): boolean {
    return this.#mappings.size > 0
  }

  /** A front end that takes requests, or none any more: then its mappings are gone as well. */
  connect(frontEnd: FrontEnd | undefined): void {
    this.#frontEnd =
      frontEnd !== undefined && (frontEnd.protocolFeatures & NEEDED) === NEEDED ? frontEnd : undefined
    this.#mappings.clear()
  }

  /**
   * Shows part of a file. Rejects with EINVAL where the place is not in the window or not at pages, ENOSPC for too many
   * mappings, EOPNOTSUPP without a front end that can, EIO where it refuses.
   */
  map(fd: number, request: MappingRequest): Promise<void> {
    return this.#inTurn(async (frontEnd) => {
      const { windowOffset, length, fileOffset, flags } = request
      this.#check(request)
      if (fileOffset % PAGE_BYTES !== 0) throw Errno.EINVAL
      await this.#remove(frontEnd, [request])
      if (this.#mappings.size >= MOST_MAPPINGS) throw Errno.ENOSPC
      const writable = (flags & SetupmappingFlag.WRITE) !== 0
      const place = { shmid: WINDOW_ID, shmOffset: windowOffset, length }
      check(await frontEnd.map({ ...place, fd, fdOffset: fileOffset, writable }))
      this.#mappings.set(windowOffset, length)
    })
  }

  /** Takes every mapping away that a range touches. Rejects as {@link DaxWindow.map} does. */
  unmap(ranges: readonly MappingRange[]): Promise<void> {
    return this.#inTurn((frontEnd) => this.#remove(frontEnd, ranges))
  }

  /** Takes all mappings away. Never rejects: where it cannot be done, they are the front end's concern. */
  async clear(): Promise<void> {
    if (this.#mappings.size === 0) return
    await this.unmap([{ windowOffset: 0, length: this.#size }]).catch(() => {})
  }

  #check({ windowOffset, length }: MappingRange): void {
    const sound = length > 0 && windowOffset % PAGE_BYTES === 0 && length % PAGE_BYTES === 0
    if (!sound || windowOffset + length > this.#size) throw Errno.EINVAL
  }

  async #remove(frontEnd: FrontEnd, ranges: readonly MappingRange[]): Promise<void> {
    for (const { windowOffset, length } of ranges) {
      for (const [at, size] of this.#mappings) {
        if (at >= windowOffset + length || windowOffset >= at + size) continue
        this.#mappings.delete(at)
        check(await frontEnd.unmap({ shmid: WINDOW_ID, shmOffset: at, length: size }))
      }
    }
  }

  #inTurn(change: (frontEnd: FrontEnd) => Promise<void>): Promise<void> {
    const frontEnd = this.#frontEnd
    if (frontEnd === undefined) return Promise.reject(Errno.EOPNOTSUPP)
    const done = this.#last.then(() => {
      // Another guest's front end must not be asked for what this one wanted.
      if (this.#frontEnd !== frontEnd) throw Errno.EIO
      return change(frontEnd)
    })
    this.#last = done.catch(() => {})
    return done
  }
}

function check(status: number): void {
  if (status < 0) throw Errno.of(-status)
}

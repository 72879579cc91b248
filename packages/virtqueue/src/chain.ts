import {
  copyFromGuest,
  copyToGuest,
  preadvGuest,
  preadvGuestAsync,
  pwritevGuest,
  pwritevGuestAsync,
} from '@fb/sys'

/** Doubles per segment: region id, offset in the region, length. */
const STRIDE = 3
const FIRST_CAPACITY = 64
/** The number of no region. */
const NOWHERE = 0

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2)
  larger.set(array)
  return larger
}

/**
 * One request of a driver: a chain of buffers, those that the device reads before those that it writes.
 *
 * The bytes stay in guest memory and may change at any time; what is judged must be copied out first, once
 * ({@link Chain.read}). Objects are reused: one that has been pushed back belongs to its queue again. Positions are
 * counted through all buffers of one kind as if they were one.
 *
 * Transfers return the number of bytes, fewer where the buffers or the file end before, or `-errno`: `-EFAULT` where
 * the memory is no longer mapped or has gone away.
 */
export class Chain {
  /** Index of the first descriptor, by which the driver knows the request. */
  head = 0
  /** Bytes that the device may read. */
  readableLength = 0
  /** Bytes that the device may write. */
  writableLength = 0
  /** Segments `[region id, offset, length]` as `@fb/sys` takes them: `[0, readable)` to read, `[readable, count)` to write. */
  segments = new Float64Array(FIRST_CAPACITY * STRIDE)
  /** Guest address of each segment. */
  addresses = new Float64Array(FIRST_CAPACITY)
  /** Segments that the device may read. */
  readable = 0
  /** Segments of the chain. */
  count = 0
  /** Most segments, counted after splitting at the borders of mappings. */
  limit = FIRST_CAPACITY
  /** The queue has handed it out and waits for it. */
  active = false

  /** Copies readable bytes from position `skip` into `target[offset, offset + length)`. */
  read(skip: number, target: Uint8Array, offset: number, length: number): number {
    return copyFromGuest(this.segments, 0, this.readable, skip, target, offset, length)
  }

  /** Copies `source[offset, offset + length)` into the writable bytes at position `skip`. */
  write(skip: number, source: Uint8Array, offset: number, length: number): number {
    return copyToGuest(this.segments, this.readable, this.count, skip, source, offset, length)
  }

  /** preadv2(2) of at most `length` bytes from a file into the writable bytes at position `skip`. */
  writeFromFd(skip: number, length: number, fd: number, position: number, flags = 0): number {
    return preadvGuest(this.segments, this.readable, this.count, skip, length, fd, position, flags)
  }

  /** {@link Chain.writeFromFd} on a thread of `@fb/sys`. Do not push the chain back before it is done. */
  writeFromFdAsync(skip: number, length: number, fd: number, position: number, flags = 0): Promise<number> {
    return preadvGuestAsync(this.segments, this.readable, this.count, skip, length, fd, position, flags)
  }

  /** pwritev2(2) of at most `length` readable bytes from position `skip` into a file. */
  readToFd(skip: number, length: number, fd: number, position: number, flags = 0, killPriv = false): number {
    return pwritevGuest(this.segments, 0, this.readable, skip, length, fd, position, flags, killPriv)
  }

  /** {@link Chain.readToFd} on a thread of `@fb/sys`. Do not push the chain back before it is done. */
  readToFdAsync(
    skip: number,
    length: number,
    fd: number,
    position: number,
    flags = 0,
    killPriv = false,
  ): Promise<number> {
    return pwritevGuestAsync(this.segments, 0, this.readable, skip, length, fd, position, flags, killPriv)
  }

  /**
   * Adds a segment.
   * @returns false where the chain has as many as it may
   * @internal
   */
  append(id: number, offset: number, length: number, address: number): boolean {
    if (this.count >= this.limit) return false
    const index = this.count * STRIDE
    if (index === this.segments.length) {
      this.segments = doubled(this.segments)
      this.addresses = doubled(this.addresses)
    }
    const segments = this.segments
    segments[index] = id
    segments[index + 1] = offset
    segments[index + 2] = length
    this.addresses[this.count] = address
    this.count += 1
    return true
  }

  /**
   * Refers to another mapping of the same guest memory from now on, at the same addresses. Parts that it does not have
   * are `-EFAULT`.
   * @internal
   */
  relocate(memory: { append(chain: Chain, address: number, length: number): boolean }): void {
    const { count, readable } = this
    const addresses = this.addresses.slice(0, count)
    const lengths = Float64Array.from(addresses, (_, i) => this.segments[STRIDE * i + 2] as number)
    let boundary: number | undefined
    this.count = 0
    for (let i = 0; i < count; i += 1) {
      if (i === readable) boundary = this.count
      const before = this.count
      const [address, length] = [addresses[i] as number, lengths[i] as number]
      if (memory.append(this, address, length)) continue
      this.count = before
      // Keeps the positions of what follows. Beyond the limit there is nothing that could follow.
      if (!this.append(NOWHERE, 0, length, address)) break
    }
    this.readable = boundary ?? this.count
  }

  /** @internal */
  reset(head: number, limit: number): void {
    this.head = head
    this.limit = limit
    this.readableLength = 0
    this.writableLength = 0
    this.readable = 0
    this.count = 0
  }

  /**
   * Gives memory back that only an unusually long chain needed.
   * @internal
   */
  trim(segments: number): void {
    if (this.addresses.length <= segments) return
    this.segments = new Float64Array(FIRST_CAPACITY * STRIDE)
    this.addresses = new Float64Array(FIRST_CAPACITY)
  }
}

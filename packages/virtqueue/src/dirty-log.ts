/** Bytes of guest memory that one bit stands for (VHOST_LOG_PAGE). */
const LOG_PAGE_BYTES = 4096
const ALL = 0xff

/**
 * The bitmap of pages that the device has written, which live migration reads while the guest runs (vhost-user,
 * "Migration"): bit `page % 8` of byte `page / 8`, pages of 4 KiB counted from guest address 0.
 *
 * The other process shares it and clears bits at any time, hence atomic operations. Pages beyond its end are left out:
 * the front end promised to cover all memory.
 */
export class DirtyLog {
  readonly #bytes: Uint8Array

  /** @param bytes - the shared bitmap, mapped on this thread */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Marks the pages of `[address, address + length)`. */
  mark(address: number, length: number): void {
    if (length <= 0) return
    const last = Math.min(Math.floor((address + length - 1) / LOG_PAGE_BYTES), this.#bytes.length * 8 - 1)
    let page = Math.floor(address / LOG_PAGE_BYTES)
    while (page <= last) {
      const bit = page % 8
      const bits = Math.min(8 - bit, last - page + 1)
      Atomics.or(this.#bytes, Math.floor(page / 8), (ALL >>> (8 - bits)) << bit)
      page += bits
    }
  }
}

import { posix } from 'node:path'
import type { CpioEntry } from './cpio.js'

const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const S_IFLNK = 0o120000

/** A directory tree in memory, to be archived. Paths are absolute; missing parents are made. */
export class Tree {
  readonly #entries = new Map<string, CpioEntry>()

  directory(path: string, permissions = 0o755): void {
    const relative = this.#parents(path)
    if (!this.#entries.has(relative))
      this.#entries.set(relative, { path: relative, mode: S_IFDIR | permissions })
  }

  file(path: string, data: Uint8Array | string, permissions = 0o644): void {
    const relative = this.#parents(path)
    this.#entries.set(relative, { path: relative, mode: S_IFREG | permissions, data: Buffer.from(data) })
  }

  link(path: string, target: string): void {
    const relative = this.#parents(path)
    this.#entries.set(relative, { path: relative, mode: S_IFLNK | 0o777, data: Buffer.from(target) })
  }

  has(path: string): boolean {
    return this.#entries.has(posix.normalize(path).slice(1))
  }

  /** Every entry, parents first. */
  entries(): Iterable<CpioEntry> {
    return this.#entries.values()
  }

  #parents(path: string): string {
    const normal = posix.normalize(path)
    const parent = posix.dirname(normal)
    if (parent !== '/' && !this.#entries.has(parent.slice(1))) this.directory(parent)
    return normal.slice(1)
  }
}

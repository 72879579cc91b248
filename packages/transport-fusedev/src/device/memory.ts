import { alignmentOffset, SysError } from '@fb/sys'

/** What direct I/O asks of the address of a buffer, at most. */
const PAGE = 4096

/** A piece of memory of this process. */
export interface Memory {
  readonly bytes: Uint8Array
  /** The same bytes. */
  readonly view: DataView
}

/**
 * `size` bytes of which byte `aligned` lies on a page boundary, for direct I/O. Not initialised: pages that are never
 * used cost nothing. What leaves it must have been written first.
 */
export function allocateAligned(size: number, aligned: number): Memory {
  const buffer = Buffer.allocUnsafeSlow(size + PAGE)
  const boundary = alignmentOffset(buffer, PAGE)
  if (boundary < 0) throw new SysError(boundary, 'alignmentOffset')
  const start = (((boundary - aligned) % PAGE) + PAGE) % PAGE
  const at = buffer.byteOffset + start
  return { bytes: new Uint8Array(buffer.buffer, at, size), view: new DataView(buffer.buffer, at, size) }
}

/** Memory of one size for reuse: at most `limit` pieces wait, more are left to the garbage collector. */
export class MemoryPool {
  readonly #allocate: () => Memory
  readonly #limit: number
  readonly #free: Memory[] = []

  constructor(allocate: () => Memory, limit: number) {
    this.#allocate = allocate
    this.#limit = limit
  }

  take(): Memory {
    return this.#free.pop() ?? this.#allocate()
  }

  give(memory: Memory): void {
    if (this.#free.length < this.#limit) this.#free.push(memory)
  }

  /** Pieces that wait to be taken. */
  get free(): number {
    return this.#free.length
  }
}

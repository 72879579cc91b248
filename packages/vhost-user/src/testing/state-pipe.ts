import {
  check,
  close,
  O_NONBLOCK,
  pipe2,
  read,
  SysError,
  WATCH_READABLE,
  WATCH_WRITABLE,
  watchFd,
  write,
} from '@fb/sys'

const EAGAIN = -11

/** A pipe through which device state goes. Owns both ends. */
export class StatePipe {
  readonly readEnd: number
  readonly writeEnd: number
  readonly #open: Set<number>

  constructor() {
    const ends = new Int32Array(2)
    check(pipe2(ends, O_NONBLOCK), 'pipe2')
    const [readEnd = -1, writeEnd = -1] = ends
    this.readEnd = readEnd
    this.writeEnd = writeEnd
    this.#open = new Set([readEnd, writeEnd])
  }

  /** Closes one end. Idempotent. */
  close(end: number): void {
    if (this.#open.delete(end)) close(end)
  }

  /** All bytes up to the end of the file. */
  async drain(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (;;) {
      const part = new Uint8Array(65_536)
      const count = read(this.readEnd, part, 0, part.length)
      if (count === EAGAIN) await ready(this.readEnd, WATCH_READABLE)
      else if (count < 0) throw new SysError(count, 'reading state')
      else if (count === 0) return new Uint8Array(Buffer.concat(parts))
      else parts.push(part.subarray(0, count))
    }
  }

  /** Writes bytes and closes the write end; stops where nobody reads any more. */
  async fill(bytes: Uint8Array): Promise<void> {
    let done = 0
    while (done < bytes.length) {
      const count = write(this.writeEnd, bytes, done, bytes.length - done)
      if (count === EAGAIN) await ready(this.writeEnd, WATCH_WRITABLE)
      else if (count < 0) break
      else done += count
    }
    this.close(this.writeEnd)
  }

  [Symbol.dispose](): void {
    for (const end of [...this.#open]) this.close(end)
  }
}

function ready(fd: number, events: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watchFd(fd, events, () => {
      watcher.stop()
      resolve()
    })
  })
}

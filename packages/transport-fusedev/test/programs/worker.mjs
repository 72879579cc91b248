// Serves a tree in a worker thread. `data` is { words: SharedArrayBuffer, mode } of Int32: [0] reads, [1] threads
// closed, [2] signals aborted, and from [8] on the reads of each thread.
import { setTimeout as delay } from 'node:timers/promises'
import { Errno, nameToString, Server } from '@fb/api'
import { serveInWorker } from '@fb/transport-fusedev'
import { HelloFs } from './hello-fs.mjs'

class WorkerFs extends HelloFs {
  constructor(index, { words, mode }) {
    super()
    this.index = index
    this.words = new Int32Array(words)
    this.mode = mode
  }

  lookup(parent, name, ctx) {
    switch (nameToString(name)) {
      case 'crash':
        setImmediate(() => {
          throw new Error('crashed on purpose')
        })
        return new Promise(() => {})
      case 'hang':
        return this.#untilAborted(ctx.signal)
      case 'retrieve':
        return this.#retrieve()
      case 'slow':
        return delay(20).then(() => Errno.ENOENT)
      default:
        return super.lookup(parent, name, ctx)
    }
  }

  read(...args) {
    Atomics.add(this.words, 0, 1)
    Atomics.add(this.words, 8 + this.index, 1)
    const result = super.read(...args)
    if (this.mode === 'async') return delay(1).then(() => result)
    return this.mode === 'microtask' ? Promise.resolve(result) : result
  }

  init(connection) {
    this.notifier = connection.notifier
  }

  destroy() {
    Atomics.add(this.words, 1, 1)
  }

  #untilAborted(signal) {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        Atomics.add(this.words, 2, 1)
        resolve(Errno.EINTR)
      })
    })
  }

  /** Asks the kernel for cached data while a request waits for it; another thread may read the answer. */
  async #retrieve() {
    const { bytes } = await this.notifier.retrieve(2, 0, 5)
    return new TextDecoder().decode(bytes) === 'hello' ? Errno.ENOENT : Errno.EIO
  }
}

await serveInWorker(({ index, data, serverOptions }) => {
  if (data.mode === 'fail') throw new Error('failed on purpose')
  if (data.mode === 'leave') process.exit(3)
  const fs = new WorkerFs(index, data)
  fs.notifier = serverOptions.notifier
  return new Server(fs, serverOptions)
})
// What the script leaves running does not keep the thread.
setInterval(() => {}, 1000)

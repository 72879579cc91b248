// Writes and reads back its own pattern through the pool.
import { parentPort, workerData } from 'node:worker_threads'
import { AT_FDCWD, close, O_CREAT, O_RDWR, openatAsync, preadAsync, pwriteAsync } from '../../dist/index.js'

const { path, id } = workerData
const fd = await openatAsync(AT_FDCWD, path, O_CREAT | O_RDWR, 0o600)
let count = 0
await Promise.all(
  Array.from({ length: 300 }, async (_, i) => {
    const bytes = new Uint8Array(100).fill(id * 7 + i)
    await pwriteAsync(fd, bytes, 0, 100, i * 100)
    const back = new Uint8Array(100)
    await preadAsync(fd, back, 0, 100, i * 100)
    if (Buffer.from(back).equals(bytes)) count++
  }),
)
close(fd)
parentPort.postMessage(count)

// Keeps calls of every kind in flight, and a watcher active, until it is terminated.
import { openSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import {
  AT_FDCWD,
  flockAsync,
  LOCK_EX,
  preadAsync,
  pwriteAsync,
  statxAsync,
  watchFd,
} from '../../dist/index.js'

const { locked, directory, event } = workerData
// Node closes what a worker opened when it ends.
const fd = openSync(locked, 'r')
const scratch = openSync(`${directory}/scratch`, 'w+')

for (let i = 0; i < 10; i++) flockAsync(fd, LOCK_EX, i)

async function endless(call) {
  for (;;) await call()
}
const buffer = new Uint8Array(1 << 16)
for (let i = 0; i < 20; i++) {
  endless(() => preadAsync(fd, buffer, 0, buffer.length, 0))
  endless(() => pwriteAsync(scratch, buffer, 0, buffer.length, i * buffer.length))
  endless(() => statxAsync(AT_FDCWD, locked, 0, 0, buffer))
}

let events = 0
watchFd(event, 1, () => {
  if (++events === 3) parentPort.postMessage('in flight')
})

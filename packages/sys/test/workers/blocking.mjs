// Blocks in a system call until there is a byte, and reports every return.
import { parentPort, workerData } from 'node:worker_threads'
import { gettid, POLLIN, poll, read } from '../../dist/index.js'

const { fd, call } = workerData
const block =
  call === 'read' ? () => read(fd, new Uint8Array(1), 0, 1) : () => poll(Int32Array.of(fd, POLLIN, 0), 1, -1)

parentPort.postMessage(gettid())
for (;;) {
  const result = block()
  parentPort.postMessage(result)
  if (result > 0) break
}

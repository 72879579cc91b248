// Serves a FUSE file system that is a single regular file, until it is unmounted.
import { workerData } from 'node:worker_threads'
import { read, write } from '../../dist/index.js'

const [GETATTR, OPEN, STATFS, RELEASE, FLUSH, INIT] = [3, 14, 17, 18, 25, 26]
const ENOSYS = 38
const request = new Uint8Array(1 << 17)
const header = new DataView(request.buffer)

function body(opcode) {
  const bytes = new DataView(
    new ArrayBuffer({ [GETATTR]: 104, [OPEN]: 16, [STATFS]: 80, [INIT]: 64 }[opcode] ?? 0),
  )
  if (opcode === INIT) {
    bytes.setUint32(0, 7, true)
    bytes.setUint32(4, 31, true)
    bytes.setUint32(20, 4096, true)
  }
  if (opcode === GETATTR) {
    bytes.setBigUint64(16, 1n, true)
    bytes.setBigUint64(24, 8192n, true)
    bytes.setUint32(76, 0o100_600, true)
    bytes.setUint32(80, 1, true)
  }
  return bytes
}

while (read(workerData.fuse, request, 0, request.length) > 0) {
  const opcode = header.getUint32(4, true)
  const known = [GETATTR, OPEN, STATFS, RELEASE, FLUSH, INIT].includes(opcode)
  const answer = known ? body(opcode) : new DataView(new ArrayBuffer(0))
  const reply = new Uint8Array(16 + answer.byteLength)
  const view = new DataView(reply.buffer)
  view.setUint32(0, reply.length, true)
  view.setInt32(4, known ? 0 : -ENOSYS, true)
  view.setBigUint64(8, header.getBigUint64(8, true), true)
  reply.set(new Uint8Array(answer.buffer), 16)
  write(workerData.fuse, reply, 0, reply.length)
}

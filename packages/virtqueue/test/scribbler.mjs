// The other thread of an attack: writes into rings and tables of descriptors while the test reads them.
import { parentPort, workerData } from 'node:worker_threads'
import { mapGuestRegion } from '@fb/sys'

const { fd, size, rings, table, seed } = workerData
const bytes = new Uint8Array(mapGuestRegion(fd, size, 0))
const view = new DataView(bytes.buffer)
let state = seed | 1
function random(limit) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

function describe(at, inTable) {
  const flags = random(4) === 0 ? random(65536) : random(inTable ? 4 : 8)
  const sound = random(8) !== 0
  view.setBigUint64(
    at,
    sound ? BigInt(random(2) === 0 ? table + 16 * random(8) : random(size)) : BigInt(random(2 ** 32)) << 24n,
    true,
  )
  view.setUint32(at + 8, sound ? 16 * random(20) : random(2 ** 32), true)
  view.setUint16(at + 12, flags, true)
  view.setUint16(at + 14, random(10) === 0 ? random(65536) : random(16), true)
}

parentPort.postMessage('ready')
for (;;) {
  describe(rings.descriptors + 16 * random(16), false)
  describe(table + 16 * random(24), true)
  view.setUint16(rings.available + 4 + 2 * random(16), random(100) === 0 ? random(65536) : random(16), true)
  if (random(4) === 0) {
    const used = view.getUint16(rings.used + 2, true)
    view.setUint16(
      rings.available + 2,
      random(200) === 0 ? random(65536) : (used + random(17)) & 0xffff,
      true,
    )
  }
}

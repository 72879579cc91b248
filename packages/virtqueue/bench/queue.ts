/**
 * What the queue itself costs per request, driver and device in one thread:
 *
 *   pnpm --filter @fb/virtqueue bench
 */
import { GuestMemory, Virtqueue } from '../src/index.js'
import { DriverQueue, TestMemory } from '../src/testing/index.js'

const SIZE = 256
const ROUNDS = 20_000

interface Shape {
  readonly name: string
  readonly indirect: boolean
  readonly readable: number
  readonly writable: number
}

const shapes: Shape[] = [
  { name: '2 + 2 buffers, direct', indirect: false, readable: 2, writable: 2 },
  { name: '2 + 2 buffers, indirect', indirect: true, readable: 2, writable: 2 },
  { name: '1 + 250 buffers, indirect', indirect: true, readable: 1, writable: 250 },
]

function nanoseconds(action: () => void): number {
  const begin = process.hrtime.bigint()
  action()
  return Number(process.hrtime.bigint() - begin)
}

for (const shape of shapes) {
  for (const depth of [1, 16]) {
    const ram = new TestMemory([{ guestAddress: 0, size: 64 * 1024 * 1024 }])
    const memory = GuestMemory.map(ram.regions)
    const features = { indirect: shape.indirect, eventIndex: true }
    const driver = new DriverQueue(ram, SIZE, features)
    const queue = new Virtqueue({ memory, size: SIZE, addresses: driver.addresses, ...features })
    const buffer = { address: 0x100_0000, length: 64 }
    const readable = Array.from({ length: shape.readable }, () => buffer)
    const writable = Array.from({ length: shape.writable }, () => buffer)
    const rounds = shape.readable + shape.writable > 100 ? ROUNDS / 10 : ROUNDS
    let device = 0
    const heap = () => process.memoryUsage().heapUsed
    let allocated = 0
    for (const measured of [false, true]) {
      for (let round = 0; round < rounds; round += 1) {
        for (let i = 0; i < depth; i += 1) driver.add(readable, writable)
        const before = measured ? heap() : 0
        const time = nanoseconds(() => {
          for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) queue.push(chain, 16)
          queue.enableNotifications()
          queue.shouldCall()
        })
        if (measured) {
          device += time
          allocated += Math.max(0, heap() - before)
        }
        while (driver.take() !== undefined);
      }
    }
    const perRequest = (device / (rounds * depth)).toFixed(0)
    const bytes = (allocated / (rounds * depth)).toFixed(0)
    console.log(`${shape.name}, depth ${depth}: ${perRequest} ns per request, ${bytes} bytes of heap`)
    memory.unmap()
    ram.close()
  }
}

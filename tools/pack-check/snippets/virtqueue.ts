import { GuestMemory, Virtqueue } from '@fb/virtqueue'
import { DriverQueue, TestMemory } from '@fb/virtqueue/testing'

const ram = new TestMemory()
const memory = GuestMemory.map(ram.regions)
const driver = new DriverQueue(ram, 8)
const queue = new Virtqueue({ memory, size: driver.size, addresses: driver.addresses })
const address = ram.allocate(5)
ram.bytes(address, 5).set(new TextEncoder().encode('hello'))
const head = driver.add([{ address, length: 5 }], [])
const chain = queue.pop()
const bytes = new Uint8Array(5)
if (chain?.read(0, bytes, 0, 5) !== 5) throw new Error('no request')
queue.push(chain, 0)
if (driver.take()?.head !== head || new TextDecoder().decode(bytes) !== 'hello')
  throw new Error('another request')
memory.unmap()
ram.close()
console.log('@fb/virtqueue works')

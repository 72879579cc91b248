/**
 * What a request costs from kick to call, front end and back end in one thread: two wake-ups of the event loop, one
 * eventfd each way, and the copying of 64 bytes in and out.
 *
 *   pnpm --filter @fb/vhost-user bench
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DriverQueue, TestMemory } from '@fb/virtqueue/testing'
import { VhostUserServer } from '../src/index.js'
import { EchoDevice, TestFrontEnd } from '../src/testing/index.js'

const REQUESTS = 50_000

const directory = mkdtempSync(join(tmpdir(), 'fb-vhost-bench-'))
const path = join(directory, 'socket')
const device = new EchoDevice()
const server = new VhostUserServer({ device, path })
server.listen()
const frontEnd = TestFrontEnd.connect(path)
await frontEnd.negotiate()
const ram = new TestMemory()
await frontEnd.setMemory(ram)
const driver = new DriverQueue(ram, 256, { indirect: true, eventIndex: true })
const queue = await frontEnd.startQueue(0, driver)
const to = { address: ram.allocate(64), length: 64 }
const from = { address: ram.allocate(64), length: 64 }

for (const depth of [1, 16, 64]) {
  for (const measured of [false, true]) {
    const { kicks, calls } = device.queues.get(0)?.queue.counters ?? { kicks: 0, calls: 0 }
    const begin = process.hrtime.bigint()
    for (let done = 0; done < REQUESTS; done += depth) {
      for (let i = 0; i < depth; i += 1) driver.add([to], [from])
      if (driver.shouldKick()) queue.kick()
      for (let i = 0; i < depth; i += 1) await queue.take()
    }
    const nanoseconds = Number(process.hrtime.bigint() - begin)
    const after = device.queues.get(0)?.queue.counters ?? { kicks: 0, calls: 0 }
    if (!measured) continue
    const per = (value: number) => (value / REQUESTS).toFixed(2)
    console.log(
      `depth ${depth}: ${per(nanoseconds / 1000)} us, ${per(after.kicks - kicks)} kicks and ${per(after.calls - calls)} calls per request`,
    )
  }
}

frontEnd.close()
await server.close()
queue.close()
ram.close()
rmSync(directory, { recursive: true })

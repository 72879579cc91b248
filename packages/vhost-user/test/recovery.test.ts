import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { close } from '@fb/sys'
import { DriverQueue } from '@fb/virtqueue/testing'
import { expect, test } from 'vitest'
import { ProtocolFeature, Request } from '../src/protocol.js'
import { TestFrontEnd } from '../src/testing/index.js'
import { cleanup, directory, guest } from './support.js'

const SCRIPT = fileURLToPath(new URL('./back-end.mjs', import.meta.url))

async function backEnd(path: string, answers: 'half' | 'all'): Promise<ChildProcess> {
  const child = fork(SCRIPT, [path, answers], { execArgv: [] })
  cleanup(() => child.kill('SIGKILL'))
  await new Promise((resolve, reject) => child.once('message', resolve).once('exit', reject))
  return child
}

function inflightShape(queues: number, size: number): Uint8Array {
  const payload = new Uint8Array(24)
  new Uint16Array(payload.buffer).set([queues, size], 8)
  return payload
}

test('a back end that is killed is followed by one that takes up its requests, each once', async () => {
  const path = join(directory(), 'socket')
  const ram = guest()
  const first = await backEnd(path, 'half')
  const before = TestFrontEnd.connect(path)
  cleanup(() => before.close())
  await before.negotiate()
  await before.setMemory(ram)
  const area = await before.request(Request.GET_INFLIGHT_FD, inflightShape(2, 16))
  const shape = new Uint8Array(area.payload.buffer.slice(0, area.payload.byteLength))
  const fd = area.fds[0]?.release() ?? -1
  cleanup(() => close(fd))
  expect(new DataView(shape.buffer).getBigUint64(0, true)).toBe(640n)
  await before.obeyed(Request.SET_INFLIGHT_FD, shape, [fd])
  const driver = new DriverQueue(ram, 16, { eventIndex: true, indirect: true })
  const queue = await before.startQueue(1, driver)
  cleanup(() => queue.close())

  const posted: number[] = []
  const returned: number[] = []
  const post = () => {
    const buffer = { address: ram.allocate(4), length: 4 }
    ram.view(buffer.address, 4).setUint32(0, posted.length)
    posted.push(queue.post([buffer], [{ address: ram.allocate(4), length: 4 }]))
  }
  for (let i = 0; i < 10; i += 1) post()
  while (returned.length < 5) returned.push((await queue.take()).head)
  const exited = new Promise((resolve) => first.once('exit', resolve))
  first.kill('SIGKILL')
  await exited
  expect(await before.closes()).toBe(true)
  // The guest goes on posting meanwhile.
  for (let i = 0; i < 3; i += 1) post()

  await backEnd(path, 'all')
  const after = TestFrontEnd.connect(path)
  cleanup(() => after.close())
  await after.negotiate()
  await after.setMemory(ram)
  await after.obeyed(Request.SET_INFLIGHT_FD, shape, [fd])
  // What QEMU knows is the index of the used ring.
  const again = await after.startQueue(1, driver, driver.usedIndex)
  cleanup(() => again.close())
  while (returned.length < 13) returned.push((await again.take()).head)
  expect([...returned].sort((a, b) => a - b)).toEqual([...posted].sort((a, b) => a - b))
  expect(await after.stopQueue(1)).toBe(13)
  expect(driver.take()).toBeUndefined()
})

test('in-flight regions must fit the queues', async () => {
  const path = join(directory(), 'socket')
  await backEnd(path, 'all')
  const ram = guest()
  const frontEnd = TestFrontEnd.connect(path)
  cleanup(() => frontEnd.close())
  const { protocolFeatures } = await frontEnd.negotiate()
  expect(protocolFeatures & ProtocolFeature.INFLIGHT_SHMFD).not.toBe(0n)
  await frontEnd.setMemory(ram)
  const area = await frontEnd.request(Request.GET_INFLIGHT_FD, inflightShape(1, 16))
  const shape = new Uint8Array(area.payload.buffer.slice(0, area.payload.byteLength))
  const fd = area.fds[0]?.release() ?? -1
  cleanup(() => close(fd))
  await frontEnd.obeyed(Request.SET_INFLIGHT_FD, shape, [fd])
  await expect(frontEnd.startQueue(0, new DriverQueue(ram, 32))).rejects.toThrow(/was refused/)
  expect(await frontEnd.closes()).toBe(true)
})

import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseReadIn, Opcode } from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import { close } from '@fb/sys'
import { Request } from '@fb/vhost-user'
import type { TestFrontEnd } from '@fb/vhost-user/testing'
import { expect, test } from 'vitest'
import { RingClient } from '../src/testing/index.js'
import { cleanup, directory } from './support.js'

const SCRIPT = fileURLToPath(new URL('./back-end.mjs', import.meta.url))
const QUEUES = 2
const QUEUE_SIZE = 128
const ROOM = 4096
const EIO = -5

interface BackEnd {
  readonly child: ChildProcess
  /** Offsets that were read. */
  readonly reads: number[]
}

async function backEnd(path: string, answers: 'half' | 'all'): Promise<BackEnd> {
  const child = fork(SCRIPT, [path, answers], { execArgv: [] })
  cleanup(() => child.kill('SIGKILL'))
  const reads: number[] = []
  await new Promise((resolve, reject) => {
    child.once('message', resolve).once('exit', reject)
    child.on(
      'message',
      (message: { read?: number }) => message.read !== undefined && reads.push(message.read),
    )
  })
  return { child, reads }
}

test('a daemon that is killed is followed by one that answers its requests, each once', async () => {
  const path = join(directory(), 'socket')
  const first = await backEnd(path, 'half')
  const shape = new Uint8Array(24)
  new Uint16Array(shape.buffer).set([QUEUES, QUEUE_SIZE], 8)
  let [area, fd] = [shape, -1]
  const prepare = async (frontEnd: TestFrontEnd) => {
    const reply = await frontEnd.request(Request.GET_INFLIGHT_FD, shape)
    area = Uint8Array.from(new Uint8Array(reply.payload.buffer, 0, reply.payload.byteLength))
    fd = reply.fds[0]?.release() ?? -1
    await frontEnd.obeyed(Request.SET_INFLIGHT_FD, area, [fd])
  }
  const client = await RingClient.connect(path, 1, { prepare })
  cleanup(() => close(fd))
  cleanup(() => client.close())
  await client.init()

  const replies = new Map<number, { to: number; offset: number }>()
  const post = (offset: number): void => {
    const [at, to] = [client.memory.allocate(ROOM), client.memory.allocate(ROOM)]
    const body = new RequestBody().struct(FuseReadIn, { offset, size: 100 })
    const head = client.post(client.encode(Opcode.READ, 1, body), [{ address: to, length: ROOM }], { at })
    replies.set(head, { to, offset })
  }
  const returned: number[] = []
  const take = async (count: number, check: (error: number, text: string, offset: number) => void) => {
    for (let taken = 0; taken < count; taken += 1) {
      const { head, length } = await client.queue(1).take()
      const { to = 0, offset = -1 } = replies.get(head) ?? {}
      const { error, body } = client.replyAt(to, length)
      check(error, new TextDecoder().decode(body), offset)
      returned.push(offset)
      replies.delete(head)
    }
  }
  for (let offset = 0; offset < 10; offset += 1) post(offset)
  await take(5, (error, text, offset) => expect([error, text]).toEqual([0, `answer ${offset}`]))
  while (first.reads.length < 10) await new Promise((resolve) => first.child.once('message', resolve))
  const exited = new Promise((resolve) => first.child.once('exit', resolve))
  first.child.kill('SIGKILL')
  await exited
  expect(await client.frontEnd.closes()).toBe(true)
  for (let offset = 10; offset < 13; offset += 1) post(offset)

  await backEnd(path, 'all')
  await client.reconnect(path, (frontEnd) => frontEnd.obeyed(Request.SET_INFLIGHT_FD, area, [fd]))
  // The new process does not know what the old one had opened: it says so, and the guest mounts again.
  await take(8, (error) => expect(error).toBe(EIO))
  expect([...returned].sort((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, i) => i))
  await client.init()
  post(99)
  await take(1, (error, text) => expect([error, text]).toEqual([0, 'answer 99']))
  expect(await client.frontEnd.stopQueue(1)).toBe(16)
  expect(client.queue(1).driver.take()).toBeUndefined()
})

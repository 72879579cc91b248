import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  close,
  exitNow,
  fsyncAsync,
  gettid,
  pipe2,
  schedGetaffinity,
  schedSetaffinity,
  schedYield,
  setThreadName,
  wakeThread,
  write,
} from '../src/index.js'
import { minus, TestWorker } from './support.js'

test('the main thread has the number of the process', () => {
  expect(gettid()).toBe(process.pid)
})

test('a thread that yields goes on', () => {
  expect(schedYield()).toBe(0)
})

/** A thread is blocked in a read of a pipe that nobody writes to when the main thread ends the process. */
const INDEX = new URL('../dist/index.js', import.meta.url).href
const BLOCKED = `
import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { exitNow, pipe2 } from '${INDEX}'
const ends = new Int32Array(2)
pipe2(ends, 0)
const blocked = 'import { read } from "${INDEX}"; read(' + ends[0] + ', new Uint8Array(1), 0, 1)'
new Worker(new URL('data:text/javascript,' + encodeURIComponent(blocked)))
process.on('exit', () => console.log('handler'))
const inPipe = (task) => /pipe_read/.test(readFileSync('/proc/self/task/' + task + '/wchan', 'utf8'))
while (!readdirSync('/proc/self/task').some(inPipe)) await new Promise((resolve) => setTimeout(resolve, 5))
console.log('blocked')
exitNow(7)
`

test('the process ends at once with the status, though a thread is blocked in a system call', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', BLOCKED], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect({ status, stdout }).toEqual({ status: 7, stdout: 'blocked\n' })
  expect(() => exitNow(256)).toThrow(RangeError)
})

test('a thread of another process, and none, cannot be woken', () => {
  expect(wakeThread(process.ppid)).toBe(minus('ESRCH'))
  expect(wakeThread(2 ** 31 - 1)).toBe(minus('ESRCH'))
  expect(() => wakeThread(0)).toThrow(RangeError)
  expect(() => wakeThread(-1)).toThrow(RangeError)
  expect(wakeThread(gettid())).toBe(0)
})

for (const call of ['read', 'poll']) {
  test(`a worker that is blocked in ${call} is woken, and again`, async () => {
    const ends = new Int32Array(2)
    pipe2(ends, 0)
    const [reader = -1, writer = -1] = ends
    const blocked = new TestWorker('blocking', { fd: reader, call })
    const tid = (await blocked.next()) as number
    for (let round = 0; round < 20; round++) {
      while (blocked.waiting === 0) {
        expect(wakeThread(tid)).toBe(0)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      expect(await blocked.next()).toBe(minus('EINTR'))
    }
    write(writer, Uint8Array.of(1), 0, 1)
    // What was sent before may still be on its way.
    let last = await blocked.next()
    while (last === minus('EINTR')) last = await blocked.next()
    expect(last).toBe(1)
    expect(await blocked.exited).toBe(0)
    close(reader)
    close(writer)
  })
}

test('names and CPUs belong to the thread, and threads of the addon are not pinned', async () => {
  const name = readFileSync('/proc/thread-self/comm', 'utf8').trim()
  const cpus = new Int32Array(1024)
  const count = schedGetaffinity(cpus)
  expect(count).toBeGreaterThan(0)
  expect(schedGetaffinity(new Int32Array(0))).toBe(count)
  const last = cpus[count - 1] ?? -1

  const pinned = new TestWorker('pinned', { cpu: last, name: 'fifteen-bytes-x' })
  expect(await pinned.next()).toEqual({ name: 'fifteen-bytes-x', cpus: [last], poolUnpinned: true })
  await pinned.exited

  expect(schedGetaffinity(cpus)).toBe(count)
  expect(readFileSync('/proc/thread-self/comm', 'utf8').trim()).toBe(name)
  expect(schedSetaffinity(1023)).toBe(minus('EINVAL'))
  expect(schedSetaffinity(1_000_000)).toBe(minus('EINVAL'))
  expect(() => setThreadName('sixteen-bytes-xx')).toThrow(RangeError)
  expect(await fsyncAsync(999_999)).toBe(minus('EBADF'))
})

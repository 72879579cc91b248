import { execFileSync } from 'node:child_process'
import { openSync, promises, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  ASYNC_BYTES_BUDGET,
  ASYNC_BYTES_MAX,
  ASYNC_THREADS_MAX,
  AT_FDCWD,
  cancelToken,
  close,
  dup,
  EFD_NONBLOCK,
  eventfd,
  fallocateAsync,
  flock,
  flockAsync,
  fsyncAsync,
  LOCK_EX,
  LOCK_NB,
  LOCK_UN,
  lseek,
  O_RDONLY,
  openatAsync,
  preadAsync,
  pwriteAsync,
  SEEK_SET,
  statxAsync,
  umount2Async,
} from '../src/index.js'
import { minus, openDescriptors, TestWorker, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()
const path = join(directory, 'file')
writeFileSync(path, 'locked')

test('thousands of calls in flight give each its own answer, on a bounded number of threads', async () => {
  const data = join(directory, 'data')
  writeFileSync(
    data,
    Uint8Array.from({ length: 5000 }, (_, i) => i % 251),
  )
  const fd = openSync(data, 'r')
  const buffers = Array.from({ length: 5000 }, () => new Uint8Array(1))
  const threadsBefore = readdirSync('/proc/self/task').length
  const calls = buffers.map((buffer, i) => preadAsync(fd, buffer, 0, 1, i))
  expect(readdirSync('/proc/self/task').length - threadsBefore).toBeLessThanOrEqual(ASYNC_THREADS_MAX)
  expect(new Set(await Promise.all(calls))).toEqual(new Set([1]))
  expect(buffers.every((buffer, i) => buffer[0] === i % 251)).toBe(true)
  close(fd)
})

test('more bytes than the budget are refused, not allocated', async () => {
  const fd = openSync(join(directory, 'big'), 'w+')
  const source = new Uint8Array(ASYNC_BYTES_MAX)
  const most = ASYNC_BYTES_BUDGET / ASYNC_BYTES_MAX
  // Zero bytes at the end of each call's claim are read from an empty file: nothing is written to the disk.
  const calls = Array.from({ length: most + 2 }, () => preadAsync(fd, source, 0, ASYNC_BYTES_MAX, 0))
  const results = await Promise.all(calls)
  expect(results.slice(0, most).every((result) => result === 0)).toBe(true)
  expect(results.slice(most).every((result) => result === 0 || result === minus('EAGAIN'))).toBe(true)
  expect(await preadAsync(fd, source, 0, ASYNC_BYTES_MAX, 0)).toBe(0)
  close(fd)
})

test("libuv's threads may all be busy", async () => {
  const fifos = Array.from({ length: 8 }, (_, i) => join(directory, `fifo-${i}`))
  for (const fifo of fifos) execFileSync('mkfifo', [fifo])
  // Each occupies a thread until there is a writer.
  const opening = fifos.map((fifo) => promises.open(fifo, 'r'))
  const out = new Uint8Array(256)
  expect(await statxAsync(AT_FDCWD, path, 0, 0, out)).toBe(0)
  for (const fifo of fifos) close(openSync(fifo, 'r+'))
  for (const handle of await Promise.all(opening.map((one, i) => release(one, fifos[i] ?? ''))))
    await handle.close()
})

/** Opens the writing end until the reading end has been opened. */
async function release<T>(opening: Promise<T>, fifo: string): Promise<T> {
  let opened = false
  const result = opening.finally(() => {
    opened = true
  })
  while (!opened) {
    const fd = openSync(fifo, 'r+')
    await new Promise((resolve) => setTimeout(resolve, 5))
    close(fd)
  }
  return result
}

test('calls that hang hold up no call of another kind', async () => {
  const fifos = Array.from({ length: ASYNC_THREADS_MAX }, (_, i) => join(directory, `hung-${i}`))
  for (const fifo of fifos) execFileSync('mkfifo', [fifo])
  let ended = 0
  const opening = fifos.map(async (fifo) => {
    const fd = await openatAsync(AT_FDCWD, fifo, O_RDONLY, 0)
    ended += 1
    return fd
  })
  const fd = openSync(join(directory, 'flushed'), 'w')
  expect(await Promise.all([fsyncAsync(fd), fallocateAsync(fd, 0, 0, 4096)])).toEqual([0, 0])
  expect(await umount2Async(directory, 0)).toBe(minus('EINVAL'))
  expect(ended).toBe(0)
  const writers = fifos.map((fifo) => openSync(fifo, 'r+'))
  for (const reader of await Promise.all(opening)) close(reader)
  for (const writer of [...writers, fd]) close(writer)
})

test("waits of the addon hold up no call of the user's", async () => {
  const holder = openSync(path, 'r')
  const other = openSync(path, 'r')
  expect(flock(holder, LOCK_EX)).toBe(0)
  const waits = Array.from({ length: 64 }, () => flockAsync(other, LOCK_EX, 5))
  expect((await promises.stat(path)).size).toBe(6)
  expect(await preadAsync(other, new Uint8Array(9), 0, 9, 0)).toBe(6)
  expect(cancelToken(5)).toBe(1)
  expect(new Set(await Promise.all(waits))).toEqual(new Set([minus('EINTR')]))
  close(holder)
  close(other)
})

test('promises that settle together run their continuations before the next turn', async () => {
  const fd = openSync(path, 'r')
  const order: string[] = []
  await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      await preadAsync(fd, new Uint8Array(1), 0, 1, 0)
      order.push(name)
      await Promise.resolve()
      order.push(name)
    }),
  )
  expect(order.sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  close(fd)
})

test('workers run side by side', async () => {
  const workers = Array.from(
    { length: 6 },
    (_, id) => new TestWorker('busy', { path: join(directory, `busy-${id}`), id }),
  )
  const counts = await Promise.all(
    workers.map(async (one) => {
      const count = await one.next()
      await one.exited
      return count
    }),
  )
  expect(counts).toEqual([300, 300, 300, 300, 300, 300])
})

test('a token is cancelled from another thread of JavaScript', async () => {
  const holder = openSync(path, 'r')
  const other = openSync(path, 'r')
  expect(flock(holder, LOCK_EX)).toBe(0)
  const waiting = flockAsync(other, LOCK_EX, 99n)
  const canceller = new TestWorker('canceller', { token: 99n })
  expect(await canceller.next()).toBe(1)
  expect(await waiting).toBe(minus('EINTR'))
  await canceller.exited
  close(holder)
  close(other)
})

test('workers that are terminated with calls in flight leave nothing behind', async () => {
  const locked = join(directory, 'termination')
  writeFileSync(locked, '')
  const holder = openSync(locked, 'r')
  const event = eventfd(1, EFD_NONBLOCK)
  expect(flock(holder, LOCK_EX)).toBe(0)
  const before = openDescriptors()
  for (let round = 0; round < 20; round++) {
    const events = [dup(event), dup(event), dup(event)]
    const workers = events.map(
      (watched) => new TestWorker('in-flight', { locked, directory, event: watched }),
    )
    await Promise.all(workers.map((one) => one.next()))
    // Some while all is in flight, some after a while of completions.
    if (round % 2 === 1) await new Promise((resolve) => setTimeout(resolve, round))
    await Promise.all(workers.map((one) => one.worker.terminate()))
    for (const watched of events) close(watched)
  }
  expect(openDescriptors()).toBe(before)
  // None of the waits took the lock after its worker had gone.
  flock(holder, LOCK_UN)
  const probe = openSync(locked, 'r')
  expect(flock(probe, LOCK_EX | LOCK_NB)).toBe(0)
  for (const fd of [probe, holder, event]) close(fd)
})

test('descriptors that were opened for a worker that is gone are closed', async () => {
  const before = openDescriptors()
  for (let round = 0; round < 5; round++) {
    const opener = new TestWorker('opener', { path })
    await opener.next()
    await opener.worker.terminate()
  }
  expect(openDescriptors()).toBe(before)
})

test('a program ends when its last call has', () => {
  const index = new URL('../dist/index.js', import.meta.url).href
  const code = `
    import { openSync } from 'node:fs'
    import { flock, flockAsync, fsyncAsync, LOCK_EX, LOCK_UN } from ${JSON.stringify(index)}
    const [a, b] = [openSync(process.argv[1]), openSync(process.argv[1])]
    flock(a, LOCK_EX)
    flockAsync(b, LOCK_EX, 1).then((result) => console.log('locked', result))
    await fsyncAsync(a)
    console.log('flushed')
    setTimeout(() => flock(a, LOCK_UN), 30).unref()
  `
  const run = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', code, path], { encoding: 'utf8' })
  expect(run()).toBe('flushed\nlocked 0\n')
})

test('process.exit does not wait for a wait', () => {
  const index = new URL('../dist/index.js', import.meta.url).href
  const code = `
    import { openSync } from 'node:fs'
    import { flock, flockAsync, LOCK_EX } from ${JSON.stringify(index)}
    const [a, b] = [openSync(process.argv[1]), openSync(process.argv[1])]
    flock(a, LOCK_EX)
    for (let i = 0; i < 20; i++) flockAsync(b, LOCK_EX, i)
    setTimeout(() => process.exit(0), 10)
  `
  execFileSync(process.execPath, ['--input-type=module', '-e', code, path])
  const fd = openSync(path, 'r')
  expect(flock(fd, LOCK_EX | LOCK_NB)).toBe(0)
  close(fd)
})

test('what a call is given is taken before it returns', async () => {
  const fd = openSync(join(directory, 'taken'), 'w+')
  const source = new Uint8Array(1 << 20).fill(1)
  const call = pwriteAsync(fd, source, 0, source.length, 0)
  source.fill(2)
  expect(await call).toBe(1 << 20)
  const out = new Uint8Array(1 << 20)
  expect(lseek(fd, 0, SEEK_SET)).toBe(0)
  expect(await preadAsync(fd, out, 0, out.length, 0)).toBe(1 << 20)
  expect(out.every((byte) => byte === 1)).toBe(true)
  close(fd)
})

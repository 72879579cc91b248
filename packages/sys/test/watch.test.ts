import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  EFD_NONBLOCK,
  eventfd,
  O_RDONLY,
  openat,
  pipe2,
  read,
  SysError,
  WATCH_DISCONNECT,
  WATCH_READABLE,
  WATCH_WRITABLE,
  watchFd,
  write,
} from '../src/index.js'

const one = new Uint8Array(8).fill(0)
one[0] = 1

/** What a program of its own prints, after importing the package as `sys`. */
function program(source: string): { status: number | null; stdout: string; stderr: string } {
  const index = new URL('../dist/index.js', import.meta.url).href
  const code = `import * as sys from ${JSON.stringify(index)}\n${source}`
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
}

test('the callback comes as long as the descriptor is ready', async () => {
  const fd = eventfd(0, EFD_NONBLOCK)
  const seen: number[] = []
  await new Promise<void>((resolve) => {
    const watcher = watchFd(fd, WATCH_READABLE, (events) => {
      seen.push(events)
      if (seen.length < 3) return
      read(fd, new Uint8Array(8), 0, 8)
      watcher.stop()
      watcher.stop()
      resolve()
    })
    write(fd, one, 0, 8)
  })
  expect(seen).toEqual([WATCH_READABLE, WATCH_READABLE, WATCH_READABLE])
  close(fd)
})

test('several events, and the other end going away', async () => {
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  const [reader = -1, writer = -1] = ends
  const events = await new Promise<number>((resolve) => {
    using writable = watchFd(writer, WATCH_WRITABLE, () => {})
    expect(writable).toHaveProperty('ref')
    const watcher = watchFd(reader, WATCH_READABLE | WATCH_DISCONNECT, (mask) => {
      watcher.stop()
      resolve(mask)
    })
    write(writer, one, 0, 1)
  })
  expect(events & WATCH_READABLE).toBe(WATCH_READABLE)
  close(writer)
  close(reader)
})

test('what cannot be watched throws', () => {
  const caught = (fd: number): unknown => {
    try {
      return watchFd(fd, WATCH_READABLE, () => {})
    } catch (error) {
      return error
    }
  }
  expect(caught(999_999)).toMatchObject({ code: 'EBADF', syscall: 'watchFd' })
  const file = openat(AT_FDCWD, '/etc/passwd', O_RDONLY, 0)
  expect(caught(file)).toMatchObject({ code: 'EPERM' })
  close(file)
  const fd = eventfd(0, EFD_NONBLOCK)
  const first = watchFd(fd, WATCH_READABLE, () => {})
  expect(caught(fd)).toBeInstanceOf(SysError)
  expect(caught(fd)).toMatchObject({ code: 'EEXIST' })
  first.stop()
  watchFd(fd, WATCH_READABLE, () => {}).stop()
  close(fd)
  expect(() => watchFd(fd, 0, () => {})).toThrow(RangeError)
  expect(() => watchFd(fd, 16, () => {})).toThrow(RangeError)
  expect(() => watchFd(fd, 1, undefined as unknown as () => void)).toThrow(TypeError)
})

test('a watcher keeps the program alive until it is stopped or let go', () => {
  const alive = program(`
    const fd = sys.eventfd(0, sys.EFD_NONBLOCK)
    const watcher = sys.watchFd(fd, 1, () => { console.log('called'); watcher.stop() })
    setTimeout(() => sys.write(fd, new Uint8Array([1,0,0,0,0,0,0,0]), 0, 8), 50).unref()
  `)
  expect(alive).toMatchObject({ status: 0, stdout: 'called\n', stderr: '' })
  const loose = program(`
    const watcher = sys.watchFd(sys.eventfd(0, sys.EFD_NONBLOCK), 1, () => {})
    watcher.unref(); watcher.ref(); watcher.unref()
    process.on('exit', () => console.log('ended'))
  `)
  expect(loose).toMatchObject({ status: 0, stdout: 'ended\n', stderr: '' })
})

test('an exception of the callback surfaces as uncaught, and the watcher goes on', () => {
  const caught = program(`
    const fd = sys.eventfd(1, sys.EFD_NONBLOCK)
    let calls = 0
    process.on('uncaughtException', (error) => {
      console.log(error.message)
      if (++calls === 2) watcher.stop()
    })
    const watcher = sys.watchFd(fd, 1, () => { throw new Error('from the callback') })
  `)
  expect(caught).toMatchObject({ status: 0, stdout: 'from the callback\nfrom the callback\n', stderr: '' })
  const fatal = program(`
    sys.watchFd(sys.eventfd(1, sys.EFD_NONBLOCK), 1, () => { throw new Error('from the callback') })
  `)
  expect(fatal.status).toBe(1)
  expect(fatal.stderr).toContain('Error: from the callback')
})

test('microtasks and ticks run after each callback', () => {
  const order = program(`
    const fd = sys.eventfd(1, sys.EFD_NONBLOCK)
    let calls = 0
    const watcher = sys.watchFd(fd, 1, () => {
      console.log('call')
      process.nextTick(() => console.log('tick'))
      Promise.resolve().then(() => console.log('microtask'))
      if (++calls === 2) watcher.stop()
    })
  `)
  expect(order.stdout.trim().split('\n')).toEqual(['call', 'tick', 'microtask', 'call', 'tick', 'microtask'])
})

test('watchers that nobody holds go on, and stopped ones are collected', () => {
  const result = program(`
    import { setFlagsFromString } from 'node:v8'
    import { runInNewContext } from 'node:vm'
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc')
    let calls = 0
    const fd = sys.eventfd(0, sys.EFD_NONBLOCK)
    ;(() => { sys.watchFd(fd, 1, () => { calls++; sys.read(fd, new Uint8Array(8), 0, 8) }).unref() })()
    for (let i = 0; i < 500; i++) {
      const other = sys.eventfd(0, sys.EFD_NONBLOCK)
      sys.watchFd(other, 1, () => {}).stop()
      await new Promise(setImmediate)
      sys.close(other)
      if (i % 50 === 0) gc()
    }
    gc()
    sys.write(fd, new Uint8Array([1,0,0,0,0,0,0,0]), 0, 8)
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(calls)
  `)
  expect(result).toMatchObject({ status: 0, stdout: '1\n', stderr: '' })
})

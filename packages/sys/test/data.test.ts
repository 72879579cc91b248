import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_FDCWD,
  alignmentOffset,
  close,
  discardPages,
  mapWithoutReserve,
  O_DIRECT,
  O_RDWR,
  openat,
  pread,
  preadAsync,
  preadFlags,
  preadFlagsAsync,
  pwrite,
  pwriteAsync,
  pwriteFlags,
  pwriteFlagsAsync,
  RWF_APPEND,
  RWF_DSYNC,
  RWF_NOWAIT,
  read,
  write,
  writev2,
} from '../src/index.js'
import { minus, temporaryDirectory, withFd } from './support.js'

const directory = temporaryDirectory()
const path = join(directory, 'data')

/** A buffer that can be shrunk; the library of types does not know that yet. */
function resizable(length: number): ArrayBuffer & { resize(length: number): void } {
  const construct = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void }
  return new construct(length, { maxByteLength: length })
}

/** Bytes that the kernel has promised to this process: what fork(2) must be able to promise again. */
function promised(): number {
  let size = 0
  let total = 0
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    if (line.startsWith('Size:')) size = Number.parseInt(line.slice('Size:'.length), 10) * 1024
    if (line.startsWith('VmFlags:') && / ac( |$)/.test(line)) total += size
  }
  return total
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

test('read and write move the position, and only the slice', () => {
  withFd(path, 'w+', (fd) => {
    expect(write(fd, bytes('--hello--'), 2, 5)).toBe(5)
    expect(writev2(fd, bytes('<world>'), 1, 5, bytes('[!]'), 1, 1)).toBe(6)
    expect(writev2(fd, bytes(''), 0, 0, bytes('.'), 0, 1)).toBe(1)
  })
  withFd(path, 'r', (fd) => {
    const out = new Uint8Array(16).fill(46)
    expect(read(fd, out, 3, 5)).toBe(5)
    expect(Buffer.from(out).toString()).toBe('...hello........')
    expect(read(fd, out, 0, 16)).toBe(7)
    expect(read(fd, out, 0, 16)).toBe(0)
    expect(read(fd, out, 16, 0)).toBe(0)
  })
})

test('pread and pwrite leave the position', () => {
  withFd(path, 'w+', (fd) => {
    expect(pwrite(fd, bytes('abc'), 1, 2, 5)).toBe(2)
    const out = new Uint8Array(8).fill(46)
    expect(pread(fd, out, 1, 7, 4)).toBe(3)
    expect(Buffer.from(out).toString('latin1')).toBe('.\0bc....')
    expect(read(fd, out, 0, 8)).toBe(7)
    expect(pread(fd, out, 0, 8, 2 ** 53 - 1)).toBe(0)
    expect(pwrite(fd, bytes('x'), 0, 1, 2 ** 53 - 1)).toBeLessThan(0)
  })
})

test('flags of one operation reach the kernel', () => {
  withFd(path, 'w+', (fd) => {
    expect(pwriteFlags(fd, bytes('start'), 0, 5, 0, RWF_DSYNC)).toBe(5)
    expect(pwriteFlags(fd, bytes('end'), 0, 3, 0, RWF_APPEND)).toBe(3)
    const out = new Uint8Array(8)
    expect(preadFlags(fd, out, 0, 8, 0, RWF_NOWAIT)).toBe(8)
    expect(Buffer.from(out).toString()).toBe('startend')
    expect(preadFlags(fd, out, 0, 8, 0, 1 << 30)).toBe(minus('EOPNOTSUPP'))
  })
})

test('a slice outside its buffer never reaches the kernel', () => {
  withFd(path, 'w+', (fd) => {
    const buffer = new Uint8Array(8)
    for (const [offset, length] of [
      [0, 9],
      [9, 0],
      [8, 1],
      [2 ** 53 - 1, 1],
      [1, 2 ** 53 - 1],
      [-1, 1],
      [0.5, 1],
      [Number.NaN, 1],
    ] as const) {
      expect(() => pread(fd, buffer, offset, length, 0)).toThrow(RangeError)
      expect(() => pwriteAsync(fd, buffer, offset, length, 0)).toThrow(RangeError)
    }
    for (const wrong of [new DataView(buffer.buffer), buffer.buffer, [1], 'text', null, new Int8Array(8)]) {
      expect(() => write(fd, wrong as unknown as Uint8Array, 0, 1)).toThrow(TypeError)
    }
  })
})

test('views of shared and of resized memory', () => {
  writeFileSync(path, 'shared!!')
  withFd(path, 'r', (fd) => {
    const shared = new Uint8Array(new SharedArrayBuffer(8))
    expect(pread(fd, shared, 0, 8, 0)).toBe(8)
    expect(String.fromCharCode(...shared)).toBe('shared!!')
    const buffer = resizable(8)
    const tracking = new Uint8Array(buffer)
    buffer.resize(4)
    expect(pread(fd, tracking, 0, 4, 0)).toBe(4)
    expect(() => pread(fd, tracking, 0, 5, 0)).toThrow(RangeError)
  })
})

test('a detached buffer is refused, even for nothing', () => {
  withFd(path, 'r', (fd) => {
    const view = new Uint8Array(8)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    expect(() => pread(fd, view, 0, 0, 0)).toThrow(TypeError)
    expect(() => pread(fd, view, 0, 1, 0)).toThrow(TypeError)
    expect(() => preadAsync(fd, view, 0, 0, 0)).toThrow(TypeError)
  })
})

test('the asynchronous forms do the same', async () => {
  writeFileSync(path, '')
  const fd = openSync(path, 'r+')
  const source = bytes('--async--')
  const written = pwriteAsync(fd, source, 2, 5, 3)
  source.fill(0)
  expect(await written).toBe(5)
  expect(await pwriteFlagsAsync(fd, bytes('!'), 0, 1, 0, RWF_APPEND)).toBe(1)
  expect(readFileSync(path, 'latin1')).toBe('\0\0\0async!')
  const out = new Uint8Array(12).fill(46)
  expect(await preadAsync(fd, out, 2, 4, 4)).toBe(4)
  expect(Buffer.from(out).toString('latin1')).toBe('..sync......')
  expect(await preadFlagsAsync(fd, out, 0, 12, 3, 0)).toBe(6)
  expect(Buffer.from(out).toString('latin1')).toBe('async!......')
  expect(await preadAsync(fd, out, 0, 0, 0)).toBe(0)
  expect(await preadAsync(999_999, out, 0, 1, 0)).toBe(minus('EBADF'))
  close(fd)
})

test('a buffer that is detached or shrinks meanwhile gets nothing it has no room for', async () => {
  writeFileSync(path, 'x'.repeat(4096))
  const fd = openSync(path, 'r')
  const gone = new Uint8Array(4096)
  const first = preadAsync(fd, gone, 0, 4096, 0)
  const moved = structuredClone(gone.buffer, { transfer: [gone.buffer] })
  expect(await first).toBe(4096)
  expect(new Uint8Array(moved).every((byte) => byte === 0)).toBe(true)

  const buffer = resizable(4096)
  const shrunk = new Uint8Array(buffer)
  const second = preadAsync(fd, shrunk, 0, 4096, 0)
  buffer.resize(10)
  expect(await second).toBe(4096)
  expect(Buffer.from(shrunk).toString()).toBe('x'.repeat(10))
  close(fd)
})

test('an asynchronous call takes at most 64 MiB', () => {
  const big = new Uint8Array((64 << 20) + 1)
  withFd(path, 'r', (fd) => {
    expect(() => preadAsync(fd, big, 0, big.length, 0)).toThrow(RangeError)
    expect(() => pwriteAsync(fd, big, 0, big.length, 0)).toThrow(RangeError)
  })
})

test('direct I/O works with an aligned slice, and in the memory of asynchronous calls', async () => {
  writeFileSync(path, Buffer.alloc(8192, 'd'))
  const fd = openat(AT_FDCWD, path, O_RDWR | O_DIRECT, 0)
  expect(fd).toBeGreaterThanOrEqual(0)
  const buffer = new Uint8Array(3 * 4096)
  const start = alignmentOffset(buffer, 4096)
  expect(start).toBeGreaterThanOrEqual(0)
  expect(start).toBeLessThan(4096)
  expect(pread(fd, buffer, start, 4096, 4096)).toBe(4096)
  expect(buffer[start]).toBe(100)
  buffer.fill(0)
  expect(await preadAsync(fd, buffer, 7, 8192, 0)).toBe(8192)
  expect(buffer[6]).toBe(0)
  expect(buffer[7]).toBe(100)
  close(fd)
})

test('mapWithoutReserve leaves a buffer of zeros whose pages are not promised', () => {
  const buffer = new Uint8Array(new SharedArrayBuffer(64 * 1024 * 1024))
  const before = promised()
  expect(mapWithoutReserve(buffer)).toBeGreaterThanOrEqual(buffer.length - 8192)
  expect(before - promised()).toBeGreaterThanOrEqual(buffer.length - 8192)
  expect(buffer.every((byte) => byte === 0)).toBe(true)
  buffer.fill(7)
  expect(buffer.every((byte) => byte === 7)).toBe(true)
  expect(mapWithoutReserve(new Uint8Array(100))).toBe(0)
})

test('discardPages gives memory back at once, and leaves zeros', () => {
  const buffer = new Uint8Array(new SharedArrayBuffer(64 * 1024 * 1024)).fill(7)
  const before = process.memoryUsage.rss()
  expect(discardPages(buffer.subarray(1))).toBeGreaterThanOrEqual(buffer.length - 8192)
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(buffer.length / 2)
  expect(buffer[0]).toBe(7)
  const [first, last] = [buffer.indexOf(0), buffer.lastIndexOf(0)]
  expect([first < 8192, buffer.length - last < 8192]).toEqual([true, true])
  expect(buffer.subarray(first, last).every((byte) => byte === 0)).toBe(true)
  expect(discardPages(new Uint8Array(100))).toBe(0)
})

test('alignmentOffset says when a buffer has no such address', () => {
  const buffer = new Uint8Array(64)
  expect(alignmentOffset(buffer, 1)).toBe(0)
  expect(alignmentOffset(buffer.subarray(1), 2)).toBe(1)
  expect([minus('ENOSPC'), 0]).toContain(alignmentOffset(buffer.subarray(0, 1), 1 << 30))
  expect(() => alignmentOffset(buffer, 3)).toThrow(RangeError)
  expect(() => alignmentOffset(buffer, 0)).toThrow(RangeError)
})

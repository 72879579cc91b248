import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  close,
  FICLONE,
  FS_IOC_GETFLAGS,
  FS_IOC_SETFLAGS,
  ioctlBuffer,
  ioctlBufferAsync,
  ioctlValue,
  ioctlValueAsync,
  pipe2,
  pwrite,
  write,
} from '../src/index.js'
import { minus, temporaryDirectory, withFd } from './support.js'

const path = join(temporaryDirectory(), 'file')
writeFileSync(path, 'content')
const NODUMP = 0x40
// asm-generic/ioctls.h
const FIONREAD = 0x541b
const FIOCLEX = 0x5451
const TCGETS = 0x5401
const FS_IOC_FIEMAP = 0xc020660b

test('a structure goes in and comes out', async () => {
  const fd = openSync(path, 'r')
  const flags = new Uint8Array(8)
  const view = new DataView(flags.buffer)
  expect(ioctlBuffer(fd, FS_IOC_GETFLAGS, flags)).toBe(0)
  view.setUint32(0, view.getUint32(0, true) | NODUMP, true)
  expect(await ioctlBufferAsync(fd, FS_IOC_SETFLAGS, flags)).toBe(0)
  flags.fill(0)
  expect(await ioctlBufferAsync(fd, FS_IOC_GETFLAGS, flags)).toBe(0)
  expect(view.getUint32(0, true) & NODUMP).toBe(NODUMP)
  closeSync(fd)
})

test('what does not fit is cut, and a request without a length cannot write past the buffer', () => {
  const ends = new Int32Array(2)
  pipe2(ends, 0)
  const [reader = -1, writer = -1] = ends
  write(writer, new Uint8Array(300), 0, 300)
  const memory = new Uint8Array(8).fill(0xee)
  expect(ioctlBuffer(reader, FIONREAD, memory.subarray(2, 3))).toBe(0)
  expect([...memory]).toEqual([0xee, 0xee, 300 & 0xff, 0xee, 0xee, 0xee, 0xee, 0xee])
  close(reader)
  close(writer)
})

test('a table that is longer than the memory ends in EFAULT, not in our heap', () => {
  // An extent per file block, with a hole between each two.
  const sparse = join(path, '..', 'sparse')
  withFd(sparse, 'w+', (fd) => {
    const block = new Uint8Array(4096).fill(1)
    for (let i = 0; i < 600; i++) expect(pwrite(fd, block, 0, 4096, i * 8192)).toBe(4096)
    const request = new Uint8Array(32)
    const view = new DataView(request.buffer)
    view.setBigUint64(8, 2n ** 63n - 1n, true)
    view.setUint32(16, 1, true)
    view.setUint32(24, 600, true)
    expect(ioctlBuffer(fd, FS_IOC_FIEMAP, request)).toBe(minus('EFAULT'))
    const roomy = new Uint8Array(32 + 600 * 56)
    roomy.set(request)
    expect(ioctlBuffer(fd, FS_IOC_FIEMAP, roomy)).toBe(0)
    expect(new DataView(roomy.buffer).getUint32(20, true)).toBe(600)
  })
})

test('a request that is unknown, and one without an argument', async () => {
  const fd = openSync(path, 'r')
  expect(ioctlBuffer(fd, TCGETS, new Uint8Array(64))).toBe(minus('ENOTTY'))
  expect(ioctlBuffer(fd, 0x1234, undefined)).toBe(minus('ENOTTY'))
  expect(ioctlBuffer(fd, FS_IOC_GETFLAGS, undefined)).toBe(minus('EFAULT'))
  expect(ioctlValue(fd, FIOCLEX, 0)).toBe(0)
  expect(await ioctlValueAsync(fd, FICLONE, 999_999)).toBe(minus('EBADF'))
  expect(ioctlValue(999_999, FIOCLEX, -1)).toBe(minus('EBADF'))
  expect(() => ioctlValue(fd, FIOCLEX, 2 ** 32)).toThrow(RangeError)
  expect(() => ioctlBuffer(fd, -1, undefined)).toThrow(RangeError)
  expect(() => ioctlBuffer(fd, TCGETS, null as unknown as undefined)).toThrow(TypeError)
  closeSync(fd)
})

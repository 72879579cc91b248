import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  dup,
  getdents64,
  getdents64Async,
  getfl,
  lseek,
  lseekBig,
  O_APPEND,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  openat,
  pipe2,
  read,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
  setfl,
  umask,
  write,
} from '../src/index.js'
import { minus, temporaryDirectory, withFd } from './support.js'

const directory = temporaryDirectory()

interface Entry {
  name: string
  cookie: bigint
}

function entries(buffer: Uint8Array, length: number): Entry[] {
  const view = new DataView(buffer.buffer, buffer.byteOffset, length)
  const found: Entry[] = []
  for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
    const end = buffer.indexOf(0, at + 19)
    const name = Buffer.from(buffer.subarray(at + 19, end)).toString()
    found.push({ name, cookie: view.getBigInt64(at + 8, true) })
  }
  return found
}

test('dup shares the position, close ends one of them', () => {
  writeFileSync(join(directory, 'a'), 'abcdef')
  withFd(join(directory, 'a'), 'r', (fd) => {
    const other = dup(fd)
    expect(lseek(other, 3, SEEK_SET)).toBe(3)
    const out = new Uint8Array(8)
    expect(read(fd, out, 0, 8)).toBe(3)
    expect(close(other)).toBe(0)
    expect(close(other)).toBe(minus('EBADF'))
    expect(lseek(fd, -2, SEEK_CUR)).toBe(4)
    expect(lseek(fd, 0, SEEK_END)).toBe(6)
    expect(lseek(fd, -7, SEEK_CUR)).toBe(minus('EINVAL'))
    expect(lseek(fd, 0n, SEEK_DATA)).toBe(0)
    expect(lseek(fd, 0, SEEK_HOLE)).toBe(6)
    expect(lseek(fd, 6, SEEK_DATA)).toBe(minus('ENXIO'))
  })
  expect(dup(999_999)).toBe(minus('EBADF'))
  const high = dup(0, 700)
  expect(high).toBeGreaterThanOrEqual(700)
  expect(close(high)).toBe(0)
  expect(dup(0, 2 ** 31 - 1)).toBe(minus('EINVAL'))
})

test('status flags are read and changed', () => {
  withFd(join(directory, 'a'), 'r', (fd) => {
    expect(getfl(fd) & (O_APPEND | O_NONBLOCK)).toBe(0)
    expect(setfl(fd, O_APPEND | O_NONBLOCK)).toBe(0)
    expect(getfl(fd) & (O_APPEND | O_NONBLOCK)).toBe(O_APPEND | O_NONBLOCK)
  })
})

test('a pipe carries bytes and says when it is empty', () => {
  const ends = new Int32Array(2)
  expect(pipe2(ends, O_NONBLOCK)).toBe(0)
  const [reader = -1, writer = -1] = ends
  const out = new Uint8Array(4)
  expect(read(reader, out, 0, 4)).toBe(minus('EAGAIN'))
  expect(write(writer, Uint8Array.of(1, 2), 0, 2)).toBe(2)
  expect(read(reader, out, 0, 4)).toBe(2)
  close(writer)
  expect(read(reader, out, 0, 4)).toBe(0)
  close(reader)
  expect(pipe2(ends, 1 << 30)).toBe(minus('EINVAL'))
  expect(() => pipe2(new Int32Array(1), 0)).toThrow(RangeError)
})

test('positions beyond 2^53 need a bigint', () => {
  const file = join(directory, 'a')
  withFd(file, 'r', (fd) => {
    expect(lseekBig(fd, 2, SEEK_SET)).toBe(2n)
    expect(lseekBig(fd, -9n, SEEK_CUR)).toBe(BigInt(minus('EINVAL')))
  })
  expect(lseekBig(999_999, 0, SEEK_SET)).toBe(BigInt(minus('EBADF')))
  const mem = openat(AT_FDCWD, '/proc/self/mem', O_RDONLY, 0)
  expect(lseek(mem, 2n ** 62n, SEEK_SET)).toBe(minus('EOVERFLOW'))
  expect(lseekBig(mem, 0, SEEK_CUR)).toBe(2n ** 62n)
  expect(() => lseek(mem, 2n ** 63n, SEEK_SET)).toThrow(RangeError)
  expect(() => lseek(mem, 2 ** 53, SEEK_SET)).toThrow(RangeError)
  close(mem)
})

test('a listing resumes at the cookie of any entry', async () => {
  const many = join(directory, 'many')
  mkdirSync(many)
  const names = Array.from({ length: 300 }, (_, i) => `entry-${i}`)
  for (const name of names) writeFileSync(join(many, name), '')
  const fd = openat(AT_FDCWD, many, O_RDONLY | O_DIRECTORY, 0)
  const buffer = new Uint8Array(64 * 1024)
  const length = getdents64(fd, buffer, 0, buffer.length)
  const all = entries(buffer, length)
  expect(all.map((entry) => entry.name).sort()).toEqual(['.', '..', ...names].sort())
  expect(getdents64(fd, buffer, 0, buffer.length)).toBe(0)

  const middle = all[100]
  expect(lseekBig(fd, middle?.cookie ?? 0n, SEEK_SET)).toBe(middle?.cookie)
  const rest = entries(buffer, await getdents64Async(fd, buffer, 0, buffer.length))
  expect(rest.map((entry) => entry.name)).toEqual(all.slice(101).map((entry) => entry.name))

  lseek(fd, 0, SEEK_SET)
  const small = new Uint8Array(200)
  const some = getdents64(fd, small, 100, 100)
  expect(some).toBeGreaterThan(0)
  expect(small.subarray(0, 100).every((byte) => byte === 0)).toBe(true)
  expect(entries(small.subarray(100), some).length).toBeGreaterThan(1)
  expect(getdents64(fd, small, 0, 8)).toBe(minus('EINVAL'))
  expect(getdents64(999_999, small, 0, 200)).toBe(minus('EBADF'))
  close(fd)
})

test('the umask is set and given back', () => {
  const before = umask(0o077)
  expect(umask(before)).toBe(0o077)
  expect(() => umask(0o1000)).toThrow(RangeError)
})

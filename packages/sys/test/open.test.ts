import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  getfl,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  openat,
  openat2,
  openat2Async,
  openatAsync,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  read,
} from '../src/index.js'
import { minus, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()
writeFileSync(join(directory, 'file'), 'content')
mkdirSync(join(directory, 'sub'))
symlinkSync('/etc/passwd', join(directory, 'sub', 'out'))

function fdFlags(fd: number): number {
  return Number.parseInt(
    /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0',
    8,
  )
}

test('opens by text and by bytes, relative to a directory and to the process', () => {
  const dirfd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0)
  expect(dirfd).toBeGreaterThanOrEqual(0)
  const padded = Buffer.from('xxfilexx')
  for (const path of ['file', Buffer.from('file'), padded.subarray(2, 6), Buffer.from('file\0')]) {
    const fd = openat(dirfd, path, O_RDONLY, 0)
    const out = new Uint8Array(16)
    expect(read(fd, out, 2, 10)).toBe(7)
    expect(Buffer.from(out).toString('latin1', 2, 9)).toBe('content')
    expect(close(fd)).toBe(0)
  }
  expect(close(dirfd)).toBe(0)
})

test('names are bytes: what is not UTF-8 is created and found again', () => {
  const name = Buffer.from([...Buffer.from(directory), 0x2f, 0xff, 0xfe, 0x80])
  const fd = openat(AT_FDCWD, name, O_CREAT | O_EXCL | O_WRONLY, 0o600)
  expect(fd).toBeGreaterThanOrEqual(0)
  close(fd)
  expect(openat(AT_FDCWD, name, O_CREAT | O_EXCL | O_WRONLY, 0o600)).toBe(minus('EEXIST'))
})

test('every descriptor is close-on-exec and has the access mode that was asked for', () => {
  const fd = openat(AT_FDCWD, join(directory, 'file'), O_RDWR, 0)
  expect(fdFlags(fd) & O_CLOEXEC).toBe(O_CLOEXEC)
  expect(getfl(fd) & O_ACCMODE).toBe(O_RDWR)
  close(fd)
})

test('failures are negative error numbers', () => {
  expect(openat(AT_FDCWD, join(directory, 'missing'), O_RDONLY, 0)).toBe(minus('ENOENT'))
  expect(openat(AT_FDCWD, '', O_RDONLY, 0)).toBe(minus('ENOENT'))
  expect(openat(999_999, 'x', O_RDONLY, 0)).toBe(minus('EBADF'))
  expect(openat(AT_FDCWD, join(directory, 'file'), O_DIRECTORY, 0)).toBe(minus('ENOTDIR'))
  expect(openat(AT_FDCWD, `${directory}/${'n'.repeat(256)}`, O_RDONLY, 0)).toBe(minus('ENAMETOOLONG'))
  expect(close(999_999)).toBe(minus('EBADF'))
})

test('paths that no kernel call could take are refused before it', () => {
  expect(() => openat(AT_FDCWD, 'a\0b', O_RDONLY, 0)).toThrow(TypeError)
  expect(() => openat(AT_FDCWD, 'a\0', O_RDONLY, 0)).toThrow(TypeError)
  expect(() => openat(AT_FDCWD, Buffer.from('a\0b'), O_RDONLY, 0)).toThrow(TypeError)
  expect(() => openat(AT_FDCWD, Buffer.from('a\0\0'), O_RDONLY, 0)).toThrow(TypeError)
  for (const unit of ['x', 'e', '\u20ac', '\u{1f600}']) {
    expect(() => openat(AT_FDCWD, unit.repeat(5000), O_RDONLY, 0)).toThrow(RangeError)
  }
  expect(() => openat(AT_FDCWD, 'x'.repeat(4096), O_RDONLY, 0)).toThrow(RangeError)
  expect(() => openat(AT_FDCWD, Buffer.alloc(4096, 'x'), O_RDONLY, 0)).toThrow(RangeError)
  expect(openat(AT_FDCWD, 'x'.repeat(4095), O_RDONLY, 0)).toBe(minus('ENAMETOOLONG'))
  expect(openat(AT_FDCWD, Buffer.alloc(4095, './'), O_RDONLY, 0)).toBeGreaterThanOrEqual(minus('ENOTDIR'))
})

test('openat2 keeps a path beneath its directory', () => {
  const dirfd = openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY, 0)
  const inside = openat2(dirfd, 'file', O_RDONLY, 0, RESOLVE_BENEATH)
  expect(inside).toBeGreaterThanOrEqual(0)
  expect(openat2(dirfd, '../etc', O_RDONLY, 0, RESOLVE_BENEATH)).toBe(minus('EXDEV'))
  expect(openat2(dirfd, 'sub/out', O_RDONLY, 0, RESOLVE_BENEATH)).toBe(minus('EXDEV'))
  expect(openat2(dirfd, 'sub/out', O_RDONLY, 0, RESOLVE_NO_SYMLINKS)).toBe(minus('ELOOP'))
  expect(openat2(dirfd, 'file', O_RDONLY, 0o600, 0)).toBe(minus('EINVAL'))
  close(inside)
  close(dirfd)
})

test('the asynchronous forms open too', async () => {
  const [a, b, missing] = await Promise.all([
    openatAsync(AT_FDCWD, join(directory, 'file'), O_RDONLY, 0),
    openat2Async(AT_FDCWD, Buffer.from(join(directory, 'file')), O_RDONLY, 0, 0),
    openatAsync(AT_FDCWD, join(directory, 'missing'), O_RDONLY, 0),
  ])
  expect(close(a)).toBe(0)
  expect(close(b)).toBe(0)
  expect(missing).toBe(minus('ENOENT'))
})

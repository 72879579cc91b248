import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  close,
  nameToHandleAt,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  openat,
  openByHandleAt,
  read,
} from '../src/index.js'
import { lacks, minus, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()

test.skipIf(lacks('root'))('a handle finds its inode under another name, and not when it is gone', () => {
  const file = join(directory, 'file')
  writeFileSync(file, 'content')
  const handle = new Uint8Array(136).fill(0xff)
  const used = nameToHandleAt(AT_FDCWD, file, handle, 0)
  expect(used).toBeGreaterThan(8)
  expect(new DataView(handle.buffer).getUint32(0, true)).toBe(used - 8)

  renameSync(file, join(directory, 'renamed'))
  const mountFd = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0)
  const fd = openByHandleAt(mountFd, handle, used, O_RDONLY)
  const out = new Uint8Array(7)
  expect(read(fd, out, 0, 7)).toBe(7)
  expect(Buffer.from(out).toString()).toBe('content')

  const same = new Uint8Array(136)
  const pathFd = openat(AT_FDCWD, join(directory, 'renamed'), O_PATH, 0)
  expect(nameToHandleAt(pathFd, '', same, AT_EMPTY_PATH)).toBe(used)
  expect(same.subarray(0, used)).toEqual(handle.subarray(0, used))
  close(pathFd)
  close(fd)

  rmSync(join(directory, 'renamed'))
  expect(openByHandleAt(mountFd, handle, used, O_RDONLY)).toBe(minus('ESTALE'))
  close(mountFd)
})

test('lengths are checked, not trusted', () => {
  mkdirSync(join(directory, 'sub'))
  expect(nameToHandleAt(AT_FDCWD, join(directory, 'sub'), new Uint8Array(8), 0)).toBe(minus('EOVERFLOW'))
  expect(() => nameToHandleAt(AT_FDCWD, directory, new Uint8Array(7), 0)).toThrow(RangeError)
  expect(nameToHandleAt(AT_FDCWD, '/proc/self', new Uint8Array(136), 0)).toBeLessThan(0)
  expect(existsSync('/proc/self') && statSync('/proc/self').isDirectory()).toBe(true)
  const handle = new Uint8Array(32).fill(0xff)
  for (const length of [0, 7, 33, 137, 2 ** 32]) {
    expect(() => openByHandleAt(AT_FDCWD, handle, length, 0)).toThrow(RangeError)
  }
  expect(openByHandleAt(999_999, handle, 32, 0)).toBeLessThan(0)
})

import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  close,
  copyFileRange,
  copyFileRangeAsync,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  fallocate,
  fallocateAsync,
  fdatasync,
  fdatasyncAsync,
  fsync,
  fsyncAsync,
  ftruncate,
  ftruncateAsync,
  POSIX_FADV_WILLNEED,
  posixFadvise,
  syncfs,
  syncfsAsync,
  truncate,
} from '../src/index.js'
import { minus, temporaryDirectory, withFd } from './support.js'

const directory = temporaryDirectory()
const path = join(directory, 'file')

test('sizes are set', async () => {
  writeFileSync(path, 'content')
  await withFdAsync('r+', async (fd) => {
    expect(ftruncate(fd, 3)).toBe(0)
    expect(statSync(path).size).toBe(3)
    expect(await ftruncateAsync(fd, 5000)).toBe(0)
    expect(statSync(path).size).toBe(5000)
    expect(truncate(path, 1)).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('c')
    expect(() => ftruncate(fd, -1)).toThrow(RangeError)
    expect(() => ftruncate(fd, 2 ** 53)).toThrow(RangeError)
    expect(ftruncate(fd, 2 ** 53 - 1)).toBe(minus('EFBIG'))
  })
  expect(truncate(join(directory, 'missing'), 1)).toBe(minus('ENOENT'))
  expect(ftruncate(999_999, 1)).toBe(minus('EBADF'))
})

test('blocks are allocated and holes are punched', async () => {
  writeFileSync(path, '')
  await withFdAsync('r+', async (fd) => {
    expect(fallocate(fd, 0, 0, 8192)).toBe(0)
    expect(statSync(path).size).toBe(8192)
    expect(await fallocateAsync(fd, FALLOC_FL_KEEP_SIZE, 8192, 8192)).toBe(0)
    expect(statSync(path).size).toBe(8192)
    writeFileSync(path, 'x'.repeat(8192), { flag: 'r+' })
    expect(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096)).toBe(0)
    expect(readFileSync(path)[0]).toBe(0)
    expect(fallocate(fd, 0, 0, 0)).toBe(minus('EINVAL'))
    expect(fallocate(fd, 1 << 30, 0, 1)).toBe(minus('EOPNOTSUPP'))
  })
})

test('ranges are copied without moving positions', async () => {
  writeFileSync(path, '0123456789')
  const target = join(directory, 'target')
  writeFileSync(target, '')
  const from = openSync(path, 'r')
  const to = openSync(target, 'r+')
  expect(copyFileRange(from, 2, to, 1, 4, 0)).toBe(4)
  expect(await copyFileRangeAsync(from, 6, to, 5, 100, 0)).toBe(4)
  expect(readFileSync(target, 'latin1')).toBe('\x0023456789')
  expect(copyFileRange(from, 100, to, 0, 1, 0)).toBe(0)
  expect(copyFileRange(from, 0, to, 0, 1, 1)).toBe(minus('EINVAL'))
  expect(copyFileRange(from, 0, 999_999, 0, 1, 0)).toBe(minus('EBADF'))
  close(from)
  close(to)
})

test('data is flushed', async () => {
  await withFdAsync('r+', async (fd) => {
    for (const call of [fsync, fdatasync, syncfs]) {
      expect(call(fd)).toBe(0)
      expect(call(999_999)).toBe(minus('EBADF'))
    }
    expect(await Promise.all([fsyncAsync(fd), fdatasyncAsync(fd), syncfsAsync(fd)])).toEqual([0, 0, 0])
    expect(await fsyncAsync(999_999)).toBe(minus('EBADF'))
  })
})

test('advice returns its error as a negative number too', () => {
  withFd(path, 'r', (fd) => {
    expect(posixFadvise(fd, 0, 0, POSIX_FADV_WILLNEED)).toBe(0)
    expect(posixFadvise(fd, 0, 0, 99)).toBe(minus('EINVAL'))
  })
  expect(posixFadvise(999_999, 0, 0, 0)).toBe(minus('EBADF'))
})

async function withFdAsync(flags: string, action: (fd: number) => Promise<void>): Promise<void> {
  const fd = openSync(path, flags)
  try {
    await action(fd)
  } finally {
    close(fd)
  }
}

import { chmodSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  copyFileRange,
  copyFileRangeAsync,
  fallocate,
  fallocateAsync,
  ftruncate,
  ftruncateAsync,
  O_TRUNC,
  O_WRONLY,
  openat,
  openatAsync,
  pwrite,
  pwriteAsync,
  pwriteFlags,
  pwriteFlagsAsync,
} from '../src/index.js'
import { lacks, temporaryDirectory, threadCredentials } from './support.js'

const SET_ID = 0o6755
const source = Buffer.from('new')

type Change = (fd: number, path: string, kill: boolean | undefined) => number | Promise<number>

const changes: Record<string, Change> = {
  pwrite: (fd, _, kill) => pwrite(fd, source, 0, 3, 0, kill),
  pwriteAsync: (fd, _, kill) => pwriteAsync(fd, source, 0, 3, 0, kill),
  pwriteFlags: (fd, _, kill) => pwriteFlags(fd, source, 0, 3, 0, 0, kill),
  pwriteFlagsAsync: (fd, _, kill) => pwriteFlagsAsync(fd, source, 0, 3, 0, 0, kill),
  ftruncate: (fd, _, kill) => ftruncate(fd, 1, kill),
  ftruncateAsync: (fd, _, kill) => ftruncateAsync(fd, 1, kill),
  fallocate: (fd, _, kill) => fallocate(fd, 0, 0, 8192, kill),
  fallocateAsync: (fd, _, kill) => fallocateAsync(fd, 0, 0, 8192, kill),
  copyFileRange: (fd, _, kill) => copyFileRange(fd, 0, fd, 100, 3, 0, kill),
  copyFileRangeAsync: (fd, _, kill) => copyFileRangeAsync(fd, 0, fd, 100, 3, 0, kill),
  openat: (_, path, kill) => openat(AT_FDCWD, path, O_WRONLY | O_TRUNC, 0, kill),
  openatAsync: (_, path, kill) => openatAsync(AT_FDCWD, path, O_WRONLY | O_TRUNC, 0, kill),
}

describe.skipIf(lacks('root'))('a change without CAP_FSETID', () => {
  const path = join(temporaryDirectory(), 'program')
  const before = threadCredentials()
  afterEach(() => expect(threadCredentials()).toBe(before))

  for (const [name, change] of Object.entries(changes)) {
    test(`${name} clears set-id bits when asked, and keeps them otherwise`, async () => {
      const modeAfter = async (kill: boolean | undefined) => {
        writeFileSync(path, 'content')
        chmodSync(path, SET_ID)
        const fd = openSync(path, 'r+')
        const result = await change(fd, path, kill)
        expect(result).toBeGreaterThanOrEqual(0)
        close(fd)
        if (name.startsWith('openat')) close(result)
        return statSync(path).mode & 0o7777
      }
      expect(await modeAfter(undefined)).toBe(SET_ID)
      expect(await modeAfter(false)).toBe(SET_ID)
      expect(await modeAfter(true)).toBe(0o755)
    })
  }

  test('anything but a boolean is refused', () => {
    expect(() => ftruncate(0, 0, 1 as unknown as boolean)).toThrow(TypeError)
    expect(() => ftruncate(0, 0, null as unknown as boolean)).toThrow(TypeError)
  })
})

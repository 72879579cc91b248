import { Errno, type FileSystem, OPERATION_NAMES, type Outcome } from '@fb/api'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { readOnly } from './index.js'

const REFUSED = [
  'setattr',
  'symlink',
  'mknod',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'link',
  'create',
  'tmpfile',
  'write',
  'fallocate',
  'copyFileRange',
  'setxattr',
  'removexattr',
]
const ctx = caller()
const PASSED = 'passed'

type AnyMethod = (...args: unknown[]) => Outcome<unknown>

const everything = Object.fromEntries(
  OPERATION_NAMES.map((name) => [name, () => PASSED]),
) as unknown as FileSystem
const fs = readOnly(everything) as unknown as Record<string, AnyMethod>
const ask = (operation: string, ...args: unknown[]) => fs[operation]?.(...args)

describe('readOnly', () => {
  it('refuses what changes something and passes the rest', () => {
    for (const operation of OPERATION_NAMES) {
      const outcome = ask(operation, 1, 0, { command: 0, flags: 0 }, ctx, ctx, ctx)
      expect([operation, outcome]).toEqual([operation, REFUSED.includes(operation) ? Errno.EROFS : PASSED])
    }
  })

  it('refuses to open for writing and to truncate', () => {
    const [O_RDONLY, O_WRONLY, O_RDWR, O_TRUNC, O_DIRECTORY] = [0, 1, 2, 0o1000, 0o200000]
    expect(ask('open', 2, O_RDONLY | O_DIRECTORY, false, ctx)).toBe(PASSED)
    for (const flags of [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC]) {
      expect(ask('open', 2, flags, false, ctx)).toBe(Errno.EROFS)
    }
  })

  it('refuses access for writing, writable mappings and ioctls that carry data in', () => {
    const [FS_IOC_GETFLAGS, FS_IOC_SETFLAGS] = [0x80086601, 0x40086602]
    expect(ask('access', 2, 4, ctx)).toBe(PASSED)
    expect(ask('access', 2, 6, ctx)).toBe(Errno.EROFS)
    expect(ask('setupmapping', 2, 7, { flags: 2 }, {}, ctx)).toBe(PASSED)
    expect(ask('setupmapping', 2, 7, { flags: 3 }, {}, ctx)).toBe(Errno.EROFS)
    expect(ask('ioctl', 2, 7, { command: FS_IOC_GETFLAGS }, ctx)).toBe(PASSED)
    expect(ask('ioctl', 2, 7, { command: FS_IOC_SETFLAGS }, ctx)).toBe(Errno.EROFS)
  })
})

import { symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  close,
  fgetxattr,
  flistxattr,
  fremovexattr,
  fsetxattr,
  getxattr,
  getxattrat,
  lgetxattr,
  listxattr,
  llistxattr,
  lremovexattr,
  lsetxattr,
  O_PATH,
  openat,
  removexattr,
  setxattr,
  XATTR_CREATE,
  XATTR_REPLACE,
} from '../src/index.js'
import { lacks, minus, temporaryDirectory, withFd } from './support.js'

const directory = temporaryDirectory()
const file = join(directory, 'file')
const link = join(directory, 'link')
writeFileSync(file, '')
symlinkSync('file', link)

const none = new Uint8Array(0)
const value = Uint8Array.of(0, 1, 2, 0xff)

function names(length: number, out: Uint8Array): string[] {
  return Buffer.from(out.subarray(0, length)).toString('latin1').split('\0').filter(Boolean).sort()
}

describe.skipIf(lacks('root'))('extended attributes', () => {
  test('by path: set, asked for, listed and removed', () => {
    const out = new Uint8Array(64)
    expect(setxattr(link, 'user.a', value, XATTR_CREATE)).toBe(0)
    expect(setxattr(file, Buffer.from('user.a'), value, XATTR_CREATE)).toBe(minus('EEXIST'))
    expect(setxattr(file, 'user.b', value, XATTR_REPLACE)).toBe(minus('ENODATA'))
    expect(setxattr(file, 'user.empty', none, 0)).toBe(0)
    expect(getxattr(file, 'user.a', none)).toBe(4)
    expect(getxattr(link, 'user.a', out)).toBe(4)
    expect(out.subarray(0, 4)).toEqual(value)
    expect(getxattr(file, 'user.a', out.subarray(0, 3))).toBe(minus('ERANGE'))
    expect(getxattr(file, 'user.empty', out)).toBe(0)
    expect(getxattr(file, 'user.missing', out)).toBe(minus('ENODATA'))
    expect(getxattr(file, 'nonsense', out)).toBe(minus('EOPNOTSUPP'))
    expect(getxattr(file, `user.${'n'.repeat(300)}`, out)).toBe(minus('ERANGE'))
    const length = listxattr(link, none)
    expect(names(listxattr(file, out), out)).toEqual(['user.a', 'user.empty'])
    expect(listxattr(file, out.subarray(0, length - 1))).toBe(minus('ERANGE'))
    expect(removexattr(link, 'user.empty')).toBe(0)
    expect(removexattr(file, 'user.empty')).toBe(minus('ENODATA'))
    expect(removexattr(file, 'user.a')).toBe(0)
    expect(listxattr(file, out)).toBe(0)
  })

  test('below a directory', (context) => {
    const out = new Uint8Array(64)
    if (getxattrat(AT_FDCWD, file, 0, 'user.g', none) === minus('ENOSYS')) {
      context.skip('getxattrat needs Linux 6.13')
    }
    expect(setxattr(file, 'user.g', value, 0)).toBe(0)
    expect(setxattr(dirname(file), 'user.g', value.subarray(0, 2), 0)).toBe(0)
    const directory = openat(AT_FDCWD, dirname(file), O_PATH, 0)
    try {
      expect(getxattrat(directory, basename(file), 0, 'user.g', out)).toBe(4)
      expect(out.subarray(0, 4)).toEqual(value)
      expect(getxattrat(directory, '.', 0, 'user.g', none)).toBe(2)
      expect(getxattrat(directory, basename(link), 0, 'user.g', none)).toBe(4)
      expect(getxattrat(directory, basename(link), AT_SYMLINK_NOFOLLOW, 'user.g', none)).toBeLessThan(0)
      expect(getxattrat(directory, 'missing', 0, 'user.g', none)).toBe(minus('ENOENT'))
      expect(getxattrat(directory, '.', -1, 'user.g', none)).toBe(minus('EINVAL'))
      expect(getxattrat(999_999, '.', 0, 'user.g', none)).toBe(minus('EBADF'))
    } finally {
      close(directory)
      removexattr(file, 'user.g')
      removexattr(dirname(file), 'user.g')
    }
  })

  test('of a link itself', () => {
    const out = new Uint8Array(64)
    expect(lsetxattr(link, 'user.a', value, 0)).toBe(minus('EPERM'))
    expect(lsetxattr(link, 'trusted.a', value, 0)).toBe(0)
    expect(lgetxattr(link, 'trusted.a', out)).toBe(4)
    expect(getxattr(link, 'trusted.a', out)).toBe(minus('ENODATA'))
    expect(names(llistxattr(link, out), out)).toEqual(['trusted.a'])
    expect(lremovexattr(link, 'trusted.a')).toBe(0)
    expect(llistxattr(link, out)).toBe(0)
  })

  test('by descriptor', () => {
    const out = new Uint8Array(64)
    withFd(file, 'r', (fd) => {
      expect(fsetxattr(fd, 'user.f', value, 0)).toBe(0)
      expect(fgetxattr(fd, 'user.f', none)).toBe(4)
      expect(fgetxattr(fd, 'user.f', out)).toBe(4)
      expect(names(flistxattr(fd, out), out)).toEqual(['user.f'])
      expect(fremovexattr(fd, 'user.f')).toBe(0)
      expect(flistxattr(fd, none)).toBe(0)
    })
    expect(fgetxattr(999_999, 'user.f', out)).toBe(minus('EBADF'))
    expect(flistxattr(999_999, out)).toBe(minus('EBADF'))
    expect(fsetxattr(999_999, 'user.f', value, 0)).toBe(minus('EBADF'))
    expect(fremovexattr(999_999, 'user.f')).toBe(minus('EBADF'))
  })
})

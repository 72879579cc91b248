import { describe, expect, test } from 'vitest'
import { MountOptionError } from './mount-option-error.js'
import { resolveMountOptions } from './mount-options.js'
import { parseMountOptions } from './parse-mount-options.js'

describe('parseMountOptions', () => {
  test.each([
    ['allow_other', { allowOther: true }],
    ['allow_root', { allowRoot: true }],
    ['default_permissions', { defaultPermissions: true }],
    ['ro', { ro: true }],
    ['rw', { ro: false }],
    ['suid,dev', { suid: true, dev: true }],
    ['nosuid,nodev,noexec', { suid: false, dev: false, exec: false }],
    ['exec', { exec: true }],
    ['sync', { sync: true }],
    ['async', { sync: false }],
    ['dirsync', { dirsync: true }],
    ['atime', { atime: true }],
    ['noatime,nodiratime', { atime: false, diratime: false }],
    ['relatime', { relatime: true }],
    ['strictatime,lazytime', { strictatime: true, lazytime: true }],
    ['nostrictatime,nolazytime,norelatime', { strictatime: false, lazytime: false, relatime: false }],
    ['defaults,noauto,user,nofail,_netdev,comment=a b,users,group,owner,ro', { ro: true }],
    ['user=me,uhelper=x,nouser', {}],
    ['nosymfollow', { symfollow: false }],
    ['max_read=65536', { maxRead: 65536 }],
    ['blkdev,blksize=512,fsname=/dev/x', { blkdev: true, blksize: 512, fsname: '/dev/x' }],
    ['fsname=a b', { fsname: 'a b' }],
    ['subtype=x.y', { subtype: 'x.y' }],
    ['auto_unmount', { autoUnmount: true }],
    ['context=u:r:t:s0', { context: 'u:r:t:s0' }],
    ['fscontext=a,defcontext=b,rootcontext=c', { fscontext: 'a', defcontext: 'b', rootcontext: 'c' }],
    ['x-systemd.automount,ro,x-gvfs=1', { ro: true }],
    ['ro,rw,ro', { ro: true }],
    ['', {}],
  ])('%s', (text, options) => {
    expect(parseMountOptions(text)).toEqual(options)
  })

  test.each([
    ['nosuch', 'nosuch', 'unknown mount option "nosuch"'],
    ['toString', 'toString', 'unknown mount option "toString"'],
    ['kernel_cache', 'kernel_cache', 'unknown'],
    ['fsname', 'fsname', 'needs a value'],
    ['fsname=', 'fsname', 'needs a value'],
    ['ro=1', 'ro', 'takes no value'],
    ['max_read=1k', 'max_read', 'whole number'],
    ['max_read=99999999999', 'max_read', 'whole number'],
    ['fd=3', 'fd', 'set by the mount itself'],
    ['rootmode=40000', 'rootmode', 'set by the mount itself'],
    ['allow_other,allow_root', 'allowRoot', 'allow_root: allow_other and this exclude each other'],
    ['blksize=512', 'blksize', 'only for a blkdev mount'],
    ['blkdev', 'blkdev', 'needs fsname'],
    ['blkdev,fsname=/dev/x,blksize=1000', 'blksize', 'power of two'],
    ['context="a"', 'context', 'double quote'],
    ['fsname=a\\000b', 'fsname', 'NUL'],
  ])('refuses %s', (text, option, message) => {
    const error = errorOf(() => parseMountOptions(text))
    expect(error).toBeInstanceOf(MountOptionError)
    expect(error).toMatchObject({ option, message: expect.stringContaining(message) })
  })

  test('what is wrong is said in one plain line', () => {
    const message = 'blksize: is only for a blkdev mount'
    expect(errorOf(() => parseMountOptions('blksize=512'))).toMatchObject({ message })
    expect(errorOf(() => resolveMountOptions({ ro: 1, nosuch: 2 } as object))).toMatchObject({
      message: expect.stringMatching(/^ro: .*; .*nosuch[^\n]*$/),
    })
  })

  test('nothing in a value becomes an option', () => {
    expect(parseMountOptions('fsname=a\\,suid\\,dev')).toEqual({ fsname: 'a,suid,dev' })
  })
})

describe('resolveMountOptions', () => {
  test('the defaults are those of libfuse', () => {
    expect(resolveMountOptions({})).toEqual({
      allowOther: false,
      allowRoot: false,
      defaultPermissions: false,
      ro: false,
      suid: false,
      dev: false,
      exec: true,
      sync: false,
      dirsync: false,
      atime: true,
      diratime: true,
      relatime: false,
      strictatime: false,
      lazytime: false,
      symfollow: true,
      blkdev: false,
      autoUnmount: false,
    })
  })

  test('unknown members and wrong types are refused', () => {
    expect(() => resolveMountOptions({ nosuch: true } as object)).toThrow(/nosuch/)
    expect(errorOf(() => resolveMountOptions({ ro: 'yes' } as object))).toMatchObject({ option: 'ro' })
    expect(errorOf(() => resolveMountOptions({ maxRead: 0 }))).toMatchObject({ option: 'maxRead' })
    expect(errorOf(() => resolveMountOptions({ fsname: '' }))).toMatchObject({ option: 'fsname' })
    expect(errorOf(() => resolveMountOptions({ fsname: 'x'.repeat(2000) }))).toMatchObject({
      option: 'fsname',
    })
  })
})

function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

import {
  MS_DIRSYNC,
  MS_LAZYTIME,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_RELATIME,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
} from '@fb/sys'
import { describe, expect, test } from 'vitest'
import { type MountOptions, resolveMountOptions } from '../options/mount-options.js'
import { kernelMount } from './kernel-options.js'

const IDENTITY = { fd: 7, rootMode: 0o040000, uid: 1, gid: 2 }
const BASE = 'fd=7,rootmode=40000,user_id=1,group_id=2'

function arguments_(options: MountOptions) {
  return kernelMount(resolveMountOptions(options), IDENTITY)
}

describe('kernelMount', () => {
  test('no suid and no devices by default', () => {
    expect(arguments_({})).toEqual({
      source: 'fuse',
      fstype: 'fuse',
      flags: MS_NOSUID | MS_NODEV,
      data: BASE,
    })
  })

  test.each<[MountOptions, number]>([
    [{ suid: true, dev: true }, 0],
    [{ suid: true, dev: true, ro: true }, MS_RDONLY],
    [{ suid: true, dev: true, exec: false }, MS_NOEXEC],
    [{ suid: true, dev: true, sync: true, dirsync: true }, MS_SYNCHRONOUS | MS_DIRSYNC],
    [{ suid: true, dev: true, atime: false, diratime: false }, MS_NOATIME | MS_NODIRATIME],
    [{ suid: true, dev: true, relatime: true }, MS_RELATIME],
    [{ suid: true, dev: true, strictatime: true, lazytime: true }, MS_STRICTATIME | MS_LAZYTIME],
    [{ suid: true, dev: true, symfollow: false }, MS_NOSYMFOLLOW],
  ])('flags of %j', (options, flags) => {
    expect(arguments_(options).flags).toBe(flags)
  })

  test.each<[MountOptions, string]>([
    [{ allowOther: true }, 'allow_other'],
    [{ allowRoot: true }, 'allow_other'],
    [{ defaultPermissions: true, maxRead: 4096 }, 'default_permissions,max_read=4096'],
    [{ blkdev: true, fsname: '/dev/x', blksize: 512 }, 'blksize=512'],
    [{ context: 'u:r:t:s0' }, 'context=u:r:t:s0'],
    [{ fscontext: 'a', defcontext: 'b', rootcontext: 'c' }, 'fscontext=a,defcontext=b,rootcontext=c'],
  ])('data of %j', (options, data) => {
    expect(arguments_(options).data).toBe(`${BASE},${data}`)
  })

  test('a label with categories is quoted, for its comma', () => {
    expect(arguments_({ context: 'u:r:t:s0:c1,c2' }).data).toBe(`${BASE},context="u:r:t:s0:c1,c2"`)
  })

  test('source and type are arguments of their own: nothing in them becomes an option', () => {
    const { source, fstype, flags, data } = arguments_({ fsname: 'a,suid,allow_other', subtype: 'b,dev' })
    expect({ source, fstype }).toEqual({ source: 'a,suid,allow_other', fstype: 'fuse.b,dev' })
    expect({ flags, data }).toEqual({ flags: MS_NOSUID | MS_NODEV, data: BASE })
  })

  test('without fsname the subtype is the source', () => {
    expect(arguments_({ subtype: 'x' })).toMatchObject({ source: 'x', fstype: 'fuse.x' })
    expect(arguments_({ blkdev: true, fsname: '/dev/x', subtype: 'y' })).toMatchObject({
      source: '/dev/x',
      fstype: 'fuseblk.y',
    })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MountOptions, resolveMountOptions } from '../options/mount-options.js'
import { fusermountOptions, unsupportedByFusermount } from './fusermount-options.js'

const list = (options: MountOptions): string => fusermountOptions(resolveMountOptions(options))

/** How util/fusermount.c reads its list: backslashes count in fsname and subtype only. */
function readAsFusermount(text: string): { options: string[]; fsname?: string; subtype?: string } {
  const result: { options: string[]; fsname?: string; subtype?: string } = { options: [] }
  for (let rest = text; rest !== ''; ) {
    const key = ['fsname', 'subtype'].find((name) => rest.startsWith(`${name}=`))
    const pattern = key === undefined ? /^[^,]*/ : /^(?:\\[\s\S]|[^,\\]|\\$)*/
    const item = pattern.exec(rest)?.[0] ?? ''
    rest = rest.slice(item.length + 1)
    if (key === 'fsname' || key === 'subtype') {
      result[key] = item.slice(key.length + 1).replace(/\\([\s\S])/g, '$1')
    } else {
      result.options.push(item)
    }
  }
  return result
}

describe('fusermountOptions', () => {
  test.each<[MountOptions, string]>([
    [{}, 'rw'],
    [{ ro: true, suid: true, dev: true, exec: false }, 'ro,suid,dev,noexec'],
    [{ sync: true, dirsync: true, atime: false }, 'rw,sync,dirsync,noatime'],
    [{ diratime: false, relatime: true, symfollow: false }, 'rw,nodiratime,nosymfollow'],
    [{ strictatime: true, lazytime: true }, 'rw,strictatime,lazytime'],
    [{ allowOther: true, defaultPermissions: true }, 'rw,allow_other,default_permissions'],
    [{ allowRoot: true, autoUnmount: true }, 'rw,allow_other,auto_unmount'],
    [{ maxRead: 4096, fsname: 'a', subtype: 'b' }, 'rw,max_read=4096,fsname=a,subtype=b'],
    [{ blkdev: true, blksize: 512, fsname: '/dev/x' }, 'rw,blkdev,blksize=512,fsname=/dev/x'],
    [{ fsname: 'a,suid', subtype: 'b\\,dev' }, 'rw,fsname=a\\,suid,subtype=b\\\\\\,dev'],
  ])('%j', (options, text) => {
    expect(list(options)).toBe(text)
  })

  test('fusermount3 reads back every fsname and subtype, and no option more', () => {
    const name = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'))
    const tricky = fc.string({ unit: fc.constantFrom(',', '\\', '=', 'a'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.oneof(name, tricky), fc.oneof(name, tricky), (fsname, subtype) => {
        expect(readAsFusermount(list({ fsname, subtype }))).toEqual({ options: ['rw'], fsname, subtype })
      }),
    )
  })

  test('labels need mount(2)', () => {
    expect(unsupportedByFusermount(resolveMountOptions({ context: 'a', rootcontext: 'b' }))).toEqual([
      'context',
      'rootcontext',
    ])
    expect(unsupportedByFusermount(resolveMountOptions({ fsname: 'a' }))).toEqual([])
  })
})

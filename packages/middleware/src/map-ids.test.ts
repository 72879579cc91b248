import { type Context, Errno, type FileSystem, makeAttr, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { SampleFs } from '../test/sample-fs.js'
import { type IdMap, mapIds } from './index.js'

const MAP: IdMap = {
  uid: [
    { client: 0, host: 100000, count: 1000 },
    { client: 1000, host: 1000, count: 1 },
    { client: 1001, host: 101001, count: 64535 },
  ],
  gid: [{ client: 0, host: 200000, count: 65534 }],
}
const name = nameToBytes('file')

/** Who the file system was told that asks. */
function asker(fs: SampleFs): Context {
  return fs.asked.at(-1)?.args.at(-1) as Context
}

/** A POSIX ACL: version 2 and entries of tag, permissions, id. */
function acl(...entries: [tag: number, id: number][]): Uint8Array {
  const bytes = new Uint8Array(4 + entries.length * 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 2, true)
  for (const [at, [tag, id]] of entries.entries()) {
    view.setUint16(4 + at * 8, tag, true)
    view.setUint16(6 + at * 8, 7, true)
    view.setUint32(8 + at * 8, id, true)
  }
  return bytes
}

describe('mapIds', () => {
  it('maps callers and their groups to the host', () => {
    const sample = new SampleFs()
    const fs = mapIds(sample, MAP)
    const signal = new AbortController().signal
    fs.lookup?.(1, name, caller({ uid: 5, gid: 6, groups: [7, 65534], pid: 9, umask: 0o22, signal }))
    expect(asker(sample)).toMatchObject({ uid: 100005, gid: 200006, groups: [200007], pid: 9, umask: 0o22 })
    expect(asker(sample).signal).toBe(signal)
    expect([asker(sample).unique, asker(sample).securityContexts]).toEqual([2n, []])
    fs.lookup?.(1, name, caller({ uid: 1000, gid: 0xffff_ffff }))
    expect(asker(sample)).toMatchObject({ uid: 1000, gid: 0xffff_ffff, groups: [] })
  })

  it('maps attributes to the client and leaves those of the file system alone', async () => {
    const sample = new SampleFs()
    const fs = mapIds(sample, MAP)
    const first = fs.lookup?.(1, name, caller())
    expect(first).toMatchObject({ attr: { uid: 1000, gid: 65534 } })
    expect(fs.lookup?.(1, name, caller())).toMatchObject({ attr: { uid: 1000, gid: 65534 } })
    expect(fs.setattr?.(2, { uid: 7, gid: 8 }, undefined, caller())).toMatchObject({
      attr: { uid: 7, gid: 8 },
    })
    expect(sample.getattr(2)).toMatchObject({ attr: { uid: 100007, gid: 200008 } })
    expect(fs.create?.(1, name, 0o644, 1, false, caller())).toMatchObject({
      entry: { attr: { uid: 7 } },
      open: { fh: 9 },
    })
  })

  it('maps each way exactly once where ranges overlap the other side', () => {
    const sample = new SampleFs()
    const fs = mapIds(sample, { uid: [{ client: 0, host: 1, count: 65536 }], gid: [], unmapped: 'keep' })
    fs.setattr?.(2, { uid: 5 }, undefined, caller())
    expect(fs.lookup?.(1, name, caller())).toMatchObject({ attr: { uid: 5 } })
    expect(sample.getattr(2)).toMatchObject({ attr: { uid: 6 } })
  })

  it('treats ids without a range as an idmapped mount does', () => {
    const sample = new SampleFs()
    const fs = mapIds(sample, {
      uid: [{ client: 0, host: 50, count: 1 }],
      gid: [{ client: 0, host: 50, count: 1 }],
    })
    const stranger = caller({ uid: 8, gid: 0 })
    expect(fs.lookup?.(1, name, stranger)).toMatchObject({ attr: { uid: 65534, gid: 65534 } })
    expect(asker(sample).uid).toBe(65534)
    expect(fs.mkdir?.(1, name, 0o755, stranger)).toBe(Errno.EOVERFLOW)
    expect(fs.create?.(1, name, 0o755, 1, false, stranger)).toBe(Errno.EOVERFLOW)
    expect(fs.mkdir?.(1, name, 0o755, caller())).toMatchObject({ nodeid: 3 })
    expect(fs.setattr?.(2, { uid: 1 }, undefined, caller())).toBe(Errno.EINVAL)
    expect(fs.setattr?.(2, { gid: 1 }, undefined, caller())).toBe(Errno.EINVAL)
  })

  it('keeps them where it is told to', () => {
    const sample = new SampleFs()
    const fs = mapIds(sample, { uid: [{ client: 0, host: 50, count: 1 }], gid: [], unmapped: 'keep' })
    fs.mkdir?.(1, name, 0o755, caller({ uid: 8, gid: 9 }))
    expect(asker(sample)).toMatchObject({ uid: 8, gid: 9 })
  })

  it('maps the entries of readdirplus', async () => {
    const attr = makeAttr({ mode: 0o100644, uid: 100001, gid: 200002 })
    const fs: FileSystem = {
      getattr: () => ({ attr: makeAttr({ mode: 0o040755 }), attrTimeout: 0 }),
      readdirplus(_node, _fh, cookie, sink) {
        if (cookie > 0n) return
        expect(sink.remaining).toBeGreaterThan(0)
        sink.add('.', 1, 4, 1n)
        sink.addPlus('a', { nodeid: 2, generation: 0, attr, attrTimeout: 1, entryTimeout: 1 }, 2n)
      },
    }
    await using client = await FuseClient.connect(mapIds(fs, MAP))
    const [, plus] = await client.readdirplus(1, 0)
    expect(plus?.entry?.attr).toMatchObject({ uid: 1, gid: 2 })
    expect(attr.uid).toBe(100001)
  })

  it('maps POSIX ACLs both ways and no other attribute', () => {
    const xattrs = new Map<string, Uint8Array>()
    const key = (bytes: Uint8Array) => Buffer.from(bytes).toString()
    const fs = mapIds(
      {
        setxattr(_node, attribute, value) {
          xattrs.set(key(attribute), value.slice())
        },
        getxattr: (_node, attribute, size) => {
          const value = xattrs.get(key(attribute)) ?? Errno.ENODATA
          return value instanceof Uint8Array && size === 0 ? value.length : value
        },
      },
      MAP,
    )
    const access = nameToBytes('system.posix_acl_access')
    const user = nameToBytes('user.posix_acl')
    const entries: [number, number][] = [
      [0x01, 0xffff_ffff],
      [0x02, 1],
      [0x08, 2],
      [0x20, 0xffff_ffff],
    ]
    const value = acl(...entries)
    expect(fs.setxattr?.(1, access, value, 0, false, caller())).toBeUndefined()
    expect(xattrs.get(key(access))).toEqual(
      acl([0x01, 0xffff_ffff], [0x02, 100001], [0x08, 200002], [0x20, 0xffff_ffff]),
    )
    expect(fs.getxattr?.(1, access, 100, caller())).toEqual(value)
    expect(fs.getxattr?.(1, access, 0, caller())).toBe(36)
    expect(fs.getxattr?.(1, user, 100, caller())).toBe(Errno.ENODATA)
    fs.setxattr?.(1, user, value, 0, false, caller())
    expect(xattrs.get(key(user))).toEqual(value)
    // Who has no name here is left out: to the kernel, an ACL with an id of -1 is none.
    const partly = acl([0x01, 0xffff_ffff], [0x02, 5], [0x02, 100009], [0x08, 6], [0x10, 0xffff_ffff])
    xattrs.set(key(access), partly)
    expect(fs.getxattr?.(1, access, 100, caller())).toEqual(
      acl([0x01, 0xffff_ffff], [0x02, 9], [0x10, 0xffff_ffff]),
    )
    expect(xattrs.get(key(access))).toBe(partly)
    expect(fs.setxattr?.(1, access, acl([0x08, 65534]), 0, false, caller())).toBe(Errno.EINVAL)
    for (const bad of [value.subarray(0, 35), Uint8Array.of(1, 0, 0, 0), new Uint8Array(0)]) {
      expect(fs.setxattr?.(1, access, bad, 0, false, caller())).toBe(Errno.EINVAL)
      xattrs.set(key(access), bad)
      expect(fs.getxattr?.(1, access, 100, caller())).toBe(Errno.EIO)
    }
  })

  it('refuses ranges that overlap or are none', () => {
    const bad = [
      [{ client: 0, host: 0, count: 0 }],
      [{ client: -1, host: 0, count: 1 }],
      [{ client: 0, host: 0xffff_ffff, count: 1 }],
      [{ client: 0, host: 0, count: 0xffff_ffff + 1 }],
      [
        { client: 0, host: 10, count: 10 },
        { client: 9, host: 100, count: 1 },
      ],
      [
        { client: 0, host: 10, count: 10 },
        { client: 100, host: 19, count: 1 },
      ],
    ]
    for (const uid of bad) expect(() => mapIds({}, { uid, gid: [] })).toThrow(RangeError)
  })
})

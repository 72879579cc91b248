import { describe, expect, it } from 'vitest'
import {
  type AnyStruct,
  FuseDirentplus,
  FuseEntryOut,
  FuseInHeader,
  FuseInitOut,
  FuseLkIn,
  FuseOutHeader,
  FuseSetattrIn,
  FuseUringCmdReq,
} from '../src/index.js'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
}

const attr = {
  ino: 0x123,
  size: 5,
  blocks: 8,
  atime: -1,
  mtime: 1_700_000_000,
  ctime: 0x1_0000_0002,
  atimensec: 1,
  mtimensec: 2,
  ctimensec: 999_999_999,
  mode: 0o100644,
  nlink: 1,
  uid: 1000,
  gid: 100,
  rdev: 0,
  blksize: 4096,
  flags: 1,
}

const attrHex = `
  2301000000000000 0500000000000000 0800000000000000
  ffffffffffffffff 00f1536500000000 0200000001000000
  01000000 02000000 ffc99a3b a4810000 01000000 e8030000 64000000 00000000 00100000 01000000`

const entry = {
  nodeid: 2,
  generation: 1,
  entryValid: 1,
  attrValid: 2,
  entryValidNsec: 500_000_000,
  attrValidNsec: 0,
  attr,
}

const entryHex = `
  0200000000000000 0100000000000000 0100000000000000 0200000000000000 0065cd1d 00000000 ${attrHex}`

const cases: readonly { readonly struct: AnyStruct; readonly value: object; readonly hex: string }[] = [
  {
    struct: FuseInHeader,
    value: {
      len: 48,
      opcode: 1,
      uniqueLow: 6,
      uniqueHigh: 0x80000000,
      nodeid: 0x1_0000_0001,
      uid: 0xffffffff,
      gid: 1000,
      pid: 4242,
      totalExtlen: 3,
    },
    hex: `30000000 01000000 06000000 00000080 0100000001000000 ffffffff e8030000 92100000 0300 0000`,
  },
  {
    struct: FuseOutHeader,
    value: { len: 16, error: -2, uniqueLow: 6, uniqueHigh: 1 },
    hex: `10000000 feffffff 06000000 01000000`,
  },
  { struct: FuseEntryOut, value: entry, hex: entryHex },
  {
    struct: FuseInitOut,
    value: {
      major: 7,
      minor: 45,
      maxReadahead: 131072,
      flags: 0x40000001,
      maxBackground: 64,
      congestionThreshold: 48,
      maxWrite: 1048576,
      timeGran: 1,
      maxPages: 256,
      mapAlignment: 12,
      flags2: 0x8,
      maxStackDepth: 1,
      requestTimeout: 30,
    },
    hex: `07000000 2d000000 00000200 01000040 4000 3000 00001000 01000000 0001 0c00 08000000 01000000 1e00 ${'00'.repeat(22)}`,
  },
  {
    struct: FuseSetattrIn,
    value: {
      valid: 0x218,
      fh: 9,
      size: 2 ** 40,
      lockOwner: 0xfedc_ba98_7654_3210n,
      atime: -2,
      mtime: 0,
      ctime: 1,
      atimensec: 3,
      mtimensec: 4,
      ctimensec: 5,
      mode: 0o644,
      uid: 1,
      gid: 2,
    },
    hex: `
      18020000 00000000 0900000000000000 0000000000010000 1032547698badcfe
      feffffffffffffff 0000000000000000 0100000000000000
      03000000 04000000 05000000 a4010000 00000000 01000000 02000000 00000000`,
  },
  {
    struct: FuseLkIn,
    value: {
      fh: 1,
      owner: 2n ** 64n - 1n,
      lk: { start: 0n, end: 2n ** 63n - 1n, type: 1, pid: 7 },
      lkFlags: 1,
    },
    hex: `
      0100000000000000 ffffffffffffffff 0000000000000000 ffffffffffffff7f 01000000 07000000 01000000 00000000`,
  },
  {
    struct: FuseDirentplus,
    value: { entryOut: entry, dirent: { ino: 2n ** 63n, off: 1n, namelen: 3, type: 8 } },
    hex: `${entryHex} 0000000000000080 0100000000000000 03000000 08000000`,
  },
  {
    struct: FuseUringCmdReq,
    value: { flags: 0, commitIdLow: 1, commitIdHigh: 0x80000000, qid: 3 },
    hex: `0000000000000000 01000000 00000080 0300 000000000000`,
  },
]

describe('golden bytes', () => {
  it.each(cases)('$struct.cName', ({ struct, value, hex }) => {
    const golden = bytesOf(hex)
    expect(golden.length).toBe(struct.size)
    const written = new Uint8Array(struct.size).fill(0xff)
    struct.encode(new DataView(written.buffer), 0, value)
    expect(written).toEqual(golden)
    expect(struct.decode(new DataView(golden.buffer), 0, struct.create())).toEqual(value)
  })
})

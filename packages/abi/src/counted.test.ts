import { describe, expect, it } from 'vitest'
import { forEachForget, forEachRemovemapping } from './counted.js'
import { FuseBatchForgetIn, FuseForgetOne } from './generated/entries.generated.js'
import { FuseRemovemappingIn, FuseRemovemappingOne } from './generated/transports.generated.js'
import { ProtocolError } from './protocol-error.js'

const forgets = [
  { nodeid: 2, nlookup: 1 },
  { nodeid: 2 ** 40, nlookup: 2 ** 33 },
]

function batch(count: number): DataView {
  const view = new DataView(new ArrayBuffer(100))
  FuseBatchForgetIn.encode(view, 4, { count })
  for (const [i, one] of forgets.entries()) FuseForgetOne.encode(view, 12 + 16 * i, one)
  return view
}

describe('forEachForget', () => {
  it('visits every record in order', () => {
    const seen: (typeof forgets)[number][] = []
    forEachForget(batch(2), 4, 44, (nodeid, nlookup) => seen.push({ nodeid, nlookup }))
    expect(seen).toEqual(forgets)
  })

  it('accepts an empty batch', () => {
    expect(() => forEachForget(batch(0), 4, 12, () => expect.unreachable())).not.toThrow()
  })

  it.each([
    ['a count beyond the bytes', 3, 44],
    ['a count that would overflow', 0xffffffff, 44],
    ['bytes beyond the count', 1, 44],
    ['half a record', 2, 43],
    ['no count', 0, 11],
  ])('refuses %s before the first visit', (_, count, end) => {
    const run = () => forEachForget(batch(count), 4, end, () => expect.unreachable())
    expect(run).toThrow(ProtocolError)
    expect(run).toThrow(expect.objectContaining({ offset: 4 }))
  })
})

describe('forEachRemovemapping', () => {
  it('visits every record, which begin 4 bytes after the start', () => {
    const view = new DataView(new ArrayBuffer(36))
    FuseRemovemappingIn.encode(view, 0, { count: 2 })
    FuseRemovemappingOne.encode(view, 4, { moffset: 4096, len: 8192 })
    FuseRemovemappingOne.encode(view, 20, { moffset: 0, len: 2 ** 35 })
    const seen: number[][] = []
    forEachRemovemapping(view, 0, 36, (moffset, length) => seen.push([moffset, length]))
    expect(seen).toEqual([
      [4096, 8192],
      [0, 2 ** 35],
    ])
    expect(() => forEachRemovemapping(view, 0, 35, () => expect.unreachable())).toThrow(
      '2 records do not fill 31 bytes',
    )
  })
})

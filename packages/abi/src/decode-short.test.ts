import { describe, expect, it } from 'vitest'
import { decodeShort } from './decode-short.js'
import { FuseInitIn } from './generated/control.generated.js'
import { FuseWriteIn } from './generated/files.generated.js'

function written(): DataView {
  const view = new DataView(new ArrayBuffer(48))
  const write = { fh: 1, offset: 2, size: 3, writeFlags: 4, lockOwner: 5n, flags: 6 }
  FuseWriteIn.encode(view, 8, write)
  return view
}

describe('decodeShort', () => {
  it('takes what is missing as zero', () => {
    const into = { ...FuseWriteIn.create(), lockOwner: 99n, flags: 99 }
    const result = decodeShort(FuseWriteIn, written(), 8, 24, into)
    expect(result).toBe(into)
    expect(result).toEqual({ fh: 1, offset: 2, size: 3, writeFlags: 4, lockOwner: 0n, flags: 0 })
  })

  it('remembers nothing of an earlier struct', () => {
    const full = new DataView(new Uint8Array(64).fill(0xff).buffer)
    decodeShort(FuseInitIn, full, 0, 63, FuseInitIn.create())
    expect(decodeShort(FuseInitIn, full, 0, 8, FuseInitIn.create())).toEqual({
      ...FuseInitIn.create(),
      major: 0xffffffff,
      minor: 0xffffffff,
    })
  })

  it('gives zeros for no bytes at all', () => {
    expect(decodeShort(FuseWriteIn, written(), 48, 0, FuseWriteIn.create())).toEqual(FuseWriteIn.create())
  })

  it.each([40, 41])('decodes the whole struct from %i bytes', (length) => {
    expect(decodeShort(FuseWriteIn, written(), 8, length, FuseWriteIn.create()).flags).toBe(6)
  })

  it('refuses a view that is shorter than said', () => {
    expect(() => decodeShort(FuseWriteIn, written(), 40, 24, FuseWriteIn.create())).toThrow(RangeError)
  })
})

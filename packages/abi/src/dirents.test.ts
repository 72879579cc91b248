import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeDirentplus, decodeDirents, encodeDirent, encodeDirentplus, readdirCookie } from './dirents.js'
import { FuseEntryOut } from './generated/entries.generated.js'
import { FuseReadIn } from './generated/files.generated.js'
import { ProtocolError } from './protocol-error.js'

const text = new TextEncoder()

function buffer(length: number): { readonly view: DataView; readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(length).fill(0xff)
  return { bytes, view: new DataView(bytes.buffer) }
}

const dirents = fc.array(
  fc.record({
    ino: fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
    cookie: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    type: fc.nat(15),
    name: fc.uint8Array({ minLength: 1, maxLength: 255 }),
  }),
  { maxLength: 8 },
)

describe('encodeDirent', () => {
  it('writes the bytes of the kernel header', () => {
    const { view, bytes } = buffer(40)
    expect(encodeDirent(view, bytes, 0, 40, 5, 6n, 4, text.encode('dir'))).toBe(32)
    const golden = '0500000000000000 0600000000000000 03000000 04000000 6469720000000000'
    expect(Buffer.from(bytes.subarray(0, 32)).toString('hex')).toBe(golden.replaceAll(' ', ''))
    expect(bytes.subarray(32)).toEqual(new Uint8Array(8).fill(0xff))
  })

  it('takes a cookie as a number too', () => {
    const { view, bytes } = buffer(32)
    encodeDirent(view, bytes, 0, 32, 5n, 2 ** 40, 4, text.encode('dir'))
    expect([...decodeDirents(view, 0, 32)]).toMatchObject([{ ino: 5, cookie: 2n ** 40n }])
  })

  it('writes nothing where the padded entry does not fit', () => {
    const { view, bytes } = buffer(32)
    expect(encodeDirent(view, bytes, 0, 31, 5, 6n, 4, text.encode('dir'))).toBe(-1)
    expect(encodeDirent(view, bytes, 8, 32, 5, 6n, 4, text.encode('dir'))).toBe(-1)
    expect(bytes).toEqual(new Uint8Array(32).fill(0xff))
  })

  it('is undone by decodeDirents', () => {
    fc.assert(
      fc.property(dirents, (given) => {
        const { view, bytes } = buffer(4096)
        const end = given.reduce((at, { ino, cookie, type, name }) => {
          return encodeDirent(view, bytes, at, 4096, ino, cookie, type, name)
        }, 16)
        expect([...decodeDirents(view, 16, end)]).toEqual(given)
      }),
    )
  })
})

describe('encodeDirentplus', () => {
  const entry: FuseEntryOut = { ...FuseEntryOut.create(), nodeid: 7, generation: 8, entryValid: 9 }

  it('is undone by decodeDirentplus', () => {
    fc.assert(
      fc.property(dirents, (given) => {
        const { view, bytes } = buffer(4096)
        const end = given.reduce((at, { ino, cookie, type, name }) => {
          return encodeDirentplus(view, bytes, at, 4096, ino, cookie, type, name, entry)
        }, 16)
        expect([...decodeDirentplus(view, 16, end)]).toEqual(given.map((one) => ({ ...one, entry })))
      }),
    )
  })

  it('writes nothing where the padded entry does not fit', () => {
    const { view, bytes } = buffer(160)
    const name = text.encode('name')
    expect(encodeDirentplus(view, bytes, 0, 159, 1, 1n, 8, name, entry)).toBe(-1)
    expect(bytes).toEqual(new Uint8Array(160).fill(0xff))
    expect(encodeDirentplus(view, bytes, 0, 160, 1, 1n, 8, name, entry)).toBe(160)
    expect([...bytes.subarray(156)]).toEqual([0, 0, 0, 0])
  })
})

describe('decodeDirents and decodeDirentplus', () => {
  it.each([
    ['an entry cut short', 23, 3, 0],
    ['a name cut short', 31, 3, 16],
    ['a name that is longer than the reply', 32, 0xffffffff, 16],
    ['an empty name', 32, 0, 16],
  ])('refuse %s', (_, end, namelen, offset) => {
    const plain = buffer(200).view
    plain.setUint32(16, namelen, true)
    expect(() => [...decodeDirents(plain, 0, end)]).toThrow(expect.objectContaining({ offset }))
    const plus = buffer(200).view
    plus.setUint32(144, namelen, true)
    const offsetPlus = offset === 0 ? 0 : 144
    expect(() => [...decodeDirentplus(plus, 0, end + 128)]).toThrow(ProtocolError)
    expect(() => [...decodeDirentplus(plus, 0, end + 128)]).toThrow(
      expect.objectContaining({ offset: offsetPlus }),
    )
  })

  it('never read past the end or hang on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
        const view = new DataView(random.buffer)
        for (const decode of [decodeDirents, decodeDirentplus]) {
          try {
            for (const { name } of decode(view, 0, random.length)) expect(name.length).toBeGreaterThan(0)
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError)
          }
        }
      }),
    )
  })
})

describe('readdirCookie', () => {
  it('keeps all 64 bits', () => {
    const view = new DataView(new ArrayBuffer(48))
    FuseReadIn.encode(view, 8, FuseReadIn.create())
    view.setBigUint64(16, 2n ** 63n - 1n, true)
    expect(readdirCookie(view, 8)).toBe(2n ** 63n - 1n)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyStruct, type FieldDescriptor, structs } from '../src/index.js'

const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
)
const safe = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]
const wide = fc.oneof(fc.maxSafeNat(), fc.constantFrom(...safe))
const all = 2n ** 64n - 1n

function values(field: FieldDescriptor): fc.Arbitrary<unknown>[] {
  const { kind, size, struct } = field
  switch (kind) {
    case 'number':
      return [size === 8 ? wide : size === 4 ? u32 : fc.integer({ min: 0, max: 0xffff })]
    case 'signed':
      return [
        size === 8
          ? fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, -(2 ** 32), -(2 ** 53) + 1, 2 ** 53 - 1))
          : fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      ]
    case 'bigint':
      return [fc.oneof(fc.bigInt({ min: 0n, max: all }), fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n, all))]
    case 'ino':
      return [fc.oneof(wide, fc.bigInt({ min: 2n ** 53n, max: all }))]
    case 'halves':
      return [u32, u32]
    case 'record':
      return [record(struct as AnyStruct)]
    case 'bytes':
      return [fc.uint8Array({ minLength: size, maxLength: size })]
    case 'padding':
    case 'flexible':
      return []
  }
}

function record(struct: AnyStruct): fc.Arbitrary<object> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {}
  for (const field of struct.fields) {
    for (const [i, arbitrary] of values(field).entries()) shape[field.keys[i] as string] = arbitrary
  }
  return fc.record(shape, { noNullPrototype: true })
}

/** What the bytes must be, worked out with BigInt and the descriptor alone. */
function expected(struct: AnyStruct, value: object): bigint[] {
  const bytes = Array.from({ length: struct.size }, () => 0n)
  const properties = value as Readonly<Record<string, unknown>>
  const put = (offset: number, size: number, bits: bigint) => {
    for (let i = 0; i < size; i++)
      bytes[offset + i] = (BigInt.asUintN(size * 8, bits) >> BigInt(i * 8)) & 255n
  }
  for (const { kind, keys, offset, size, struct: nested } of struct.fields) {
    const given = keys.map((key) => properties[key])
    if (kind === 'record') bytes.splice(offset, size, ...expected(nested as AnyStruct, given[0] as object))
    else if (kind === 'bytes') bytes.splice(offset, size, ...[...(given[0] as Uint8Array)].map(BigInt))
    else if (kind === 'halves') {
      for (const [i, half] of given.entries()) put(offset + i * 4, 4, BigInt(half as number))
    } else if (kind !== 'padding' && kind !== 'flexible')
      put(offset, size, BigInt(given[0] as number | bigint))
  }
  return bytes
}

describe.each(Object.entries(structs))('%s', (_, struct) => {
  const room = struct.size + 24

  it('writes every one of its bytes, padding as zero, and no other byte', () => {
    fc.assert(
      fc.property(record(struct), fc.nat({ max: 24 }), (value, at) => {
        const bytes = new Uint8Array(room).fill(0xa5)
        struct.encode(new DataView(bytes.buffer), at, value)
        const inside = [...bytes.subarray(at, at + struct.size)].map(BigInt)
        expect(inside).toEqual(expected(struct, value))
        const outside = [...bytes.subarray(0, at), ...bytes.subarray(at + struct.size)]
        expect(outside.every((byte) => byte === 0xa5)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('reads back what it wrote, into the record that it was given', () => {
    fc.assert(
      fc.property(record(struct), fc.nat({ max: 24 }), (value, at) => {
        const view = new DataView(new ArrayBuffer(room))
        struct.encode(view, at, value)
        const into = struct.create()
        expect(struct.decode(view, at, into)).toBe(into)
        expect(into).toEqual(value)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses a view that ends early', () => {
    const view = new DataView(new ArrayBuffer(struct.size - 1))
    expect(() => struct.encode(view, 0, struct.create())).toThrow(RangeError)
  })
})

describe('numbers beyond 2^53', () => {
  const fields = Object.values(structs).flatMap((struct) =>
    struct.fields
      .filter(({ kind, size }) => size === 8 && (kind === 'number' || kind === 'signed'))
      .map((field) => ({ struct, field, name: `${struct.cName}.${field.cName}` })),
  )

  it.each(fields)(
    '$name is refused by Number.isSafeInteger, and never looks like another number',
    ({ struct, field }) => {
      const view = new DataView(new ArrayBuffer(struct.size))
      const read = (bits: bigint): unknown => {
        view.setBigUint64(field.offset, bits, true)
        const value = struct.decode(view, 0, struct.create()) as Readonly<Record<string, unknown>>
        return value[field.keys[0] as string]
      }
      for (const bits of [2n ** 53n, 2n ** 53n + 1n, 2n ** 62n + 1n])
        expect(Number.isSafeInteger(read(bits))).toBe(false)
      expect(read(all)).toBe(field.kind === 'signed' ? -1 : 2 ** 64)
      expect(Number.isSafeInteger(read(2n ** 63n))).toBe(false)
    },
  )
})

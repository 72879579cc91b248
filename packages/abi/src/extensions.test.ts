import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeExtensions, parseExtensions, type SecurityContext } from './extensions.js'
import { ProtocolError } from './protocol-error.js'

const text = new TextEncoder()

function hex(digits: string): DataView {
  const bytes = Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'))
  return new DataView(bytes.buffer, 0, bytes.length)
}

function parse(view: DataView) {
  return parseExtensions(view, 0, view.byteLength)
}

const context: SecurityContext = { name: text.encode('a.b'), value: text.encode('xyz') }
const contextHex = '18000000 01000000 03000000 00000000 612e6200 78797a00'
const groupHex = '10000000 20000000 01000000 e8030000'

describe('parseExtensions', () => {
  it('reads what the kernel sends', () => {
    expect(parse(hex(contextHex + groupHex))).toEqual({ groups: [1000], securityContexts: [context] })
    expect(parse(hex(groupHex))).toEqual({ groups: [1000], securityContexts: undefined })
  })

  it('knows "none" from "not said"', () => {
    expect(parse(hex(''))).toEqual({ groups: undefined, securityContexts: undefined })
    expect(parse(hex('08000000 00000000'))).toEqual({ groups: undefined, securityContexts: [] })
    expect(parse(hex('10000000 20000000 00000000 00000000'))).toEqual({
      groups: [],
      securityContexts: undefined,
    })
  })

  it('begins anywhere in a view that begins anywhere', () => {
    const inner = Uint8Array.from(
      Buffer.from(`ffffffffff${contextHex}${groupHex}ff`.replaceAll(' ', ''), 'hex'),
    )
    const bytes = new Uint8Array(inner.length + 3)
    bytes.set(inner, 3)
    const view = new DataView(bytes.buffer, 3, inner.length)
    expect(parseExtensions(view, 5, inner.length - 1)).toEqual({
      groups: [1000],
      securityContexts: [context],
    })
  })

  it.each([
    ['a header cut short', '08000000', 0, 'extension cut short'],
    ['a size of zero', '00000000 20000000', 0, 'extension of 0 bytes'],
    ['a size that is no multiple of 8', '0c000000 20000000 00000000 00000000', 0, 'extension of 12 bytes'],
    ['a size beyond the request', '18000000 20000000 00000000 00000000', 0, 'extension of 24 bytes where 16'],
    ['an unknown type', '08000000 21000000', 4, 'unknown extension 33'],
    ['groups twice', groupHex + groupHex, 20, 'groups given twice'],
    ['contexts twice', `08000000 00000000 ${contextHex}`, 12, 'contexts given twice'],
    ['groups without a count', '08000000 20000000', 8, 'groups cut short'],
    [
      'too few groups',
      '10000000 20000000 02000000 00000000',
      8,
      '2 supplementary groups do not fill 8 bytes',
    ],
    ['too many bytes for the groups', `18000000 20000000 01000000 ${'00'.repeat(12)}`, 8, 'do not fill 16'],
    ['more groups than Linux has', '10000000 20000000 01000100 00000000', 8, '65537 supplementary groups'],
    ['a context cut short', '08000000 01000000', 8, 'context cut short'],
    [
      'a context without a name',
      '18000000 01000000 00000000 00000000 00000000 00000000',
      16,
      'without a name',
    ],
    ['a name without an end', '18000000 01000000 00000000 00000000 61616161 61616161', 16, 'without a name'],
    [
      'a value beyond the extension',
      '18000000 01000000 05000000 00000000 612e6200 78797a00',
      8,
      'of 5 bytes where 4',
    ],
    [
      'bytes after the contexts',
      '20000000 01000000 03000000 00000000 612e6200 78797a00 0000000000000000',
      24,
      'left over',
    ],
    [
      'fewer contexts than said',
      '18000000 02000000 03000000 00000000 612e6200 78797a00',
      24,
      'context cut short',
    ],
  ])('refuses %s', (_, digits, offset, message) => {
    const run = () => parse(hex(digits))
    expect(run).toThrow(ProtocolError)
    expect(run).toThrow(message)
    expect(run).toThrow(expect.objectContaining({ offset }))
  })

  it('refuses a name of more than 255 bytes', () => {
    const bytes = encodeExtensions({
      groups: undefined,
      securityContexts: [{ ...context, name: new Uint8Array(255).fill(97) }],
    })
    const view = new DataView(bytes.buffer)
    expect(parse(view).securityContexts?.[0]?.name.length).toBe(255)
    // The NUL after the name becomes one more letter; the value begins with the next NUL.
    bytes[16 + 255] = 97
    bytes[16 + 256] = 0
    expect(() => parse(view)).toThrow('without a name')
  })

  it('answers random bytes with a result or a ProtocolError inside them', () => {
    const word = fc.constantFrom(0, 1, 2, 8, 16, 24, 31, 32, 33, 0xffffffff)
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const view = new DataView(Uint32Array.from(words).buffer)
        try {
          parse(view)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
          const { offset } = error as ProtocolError
          expect(offset).toBeGreaterThanOrEqual(0)
          expect(offset).toBeLessThanOrEqual(view.byteLength)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('encodeExtensions', () => {
  it('writes what the kernel sends', () => {
    const bytes = encodeExtensions({ groups: [1000], securityContexts: [context] })
    expect(Buffer.from(bytes).toString('hex')).toBe((contextHex + groupHex).replaceAll(' ', ''))
  })

  it('is undone by parseExtensions', () => {
    const contexts = fc.array(
      fc.record({ name: fc.uint8Array({ min: 1, minLength: 1, maxLength: 255 }), value: fc.uint8Array() }),
      { maxLength: 31 },
    )
    const extensions = fc.record({
      groups: fc.option(fc.array(fc.nat(0xffffffff)), { nil: undefined }),
      securityContexts: fc.option(contexts, { nil: undefined }),
    })
    fc.assert(
      fc.property(extensions, (given) => {
        const bytes = encodeExtensions(given)
        expect(bytes.length % 8).toBe(0)
        expect(parse(new DataView(bytes.buffer))).toEqual(given)
      }),
    )
  })

  it.each([
    [
      'too many contexts',
      { groups: undefined, securityContexts: new Array<SecurityContext>(32).fill(context) },
    ],
    ['too many groups', { groups: new Array<number>(65537).fill(1), securityContexts: undefined }],
    ['an empty name', { groups: undefined, securityContexts: [{ ...context, name: new Uint8Array(0) }] }],
    [
      'a long name',
      { groups: undefined, securityContexts: [{ ...context, name: new Uint8Array(256).fill(97) }] },
    ],
    ['a NUL in a name', { groups: undefined, securityContexts: [{ ...context, name: text.encode('a\0b') }] }],
  ])('refuses %s', (_, extensions) => {
    expect(() => encodeExtensions(extensions)).toThrow(RangeError)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinPath, shownPath, splitPath } from './path.js'

const names = (path: string | Uint8Array) => splitPath(path).map((name) => Buffer.from(name).toString())

describe('splitPath', () => {
  it('takes absolute paths, with slashes to spare', () => {
    expect(names('/')).toEqual([])
    expect(names('//a///b/')).toEqual(['a', 'b'])
    expect(names('/...')).toEqual(['...'])
  })

  it('says what is wrong', () => {
    for (const path of ['', 'a', './a'])
      expect(() => splitPath(path)).toThrow(/EINVAL: .* not an absolute path/)
    for (const path of ['/..', '/a/./b', '/a/../b'])
      expect(() => splitPath(path)).toThrow(/has \. or \.\. in it/)
    expect(() => splitPath('/a\0b')).toThrow(/NUL/)
    expect(() => splitPath(`/${'a'.repeat(256)}`)).toThrow(/ENAMETOOLONG/)
    expect(() => splitPath('/a'.repeat(2048))).toThrow(/ENAMETOOLONG/)
    expect(names(`/${'a'.repeat(255)}`)).toHaveLength(1)
  })

  it('gives back what joinPath joins, whatever the bytes', () => {
    const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f)
    const name = fc
      .array(byte, { minLength: 1, maxLength: 20 })
      .map((bytes) => Uint8Array.from(bytes))
      .filter((bytes) => bytes.some((value) => value !== 0x2e) || bytes.length > 2)
    fc.assert(
      fc.property(fc.array(name, { maxLength: 10 }), (list) => {
        expect(splitPath(joinPath(list))).toEqual(list)
      }),
    )
  })

  it('shows a path to people', () => {
    expect(shownPath(Uint8Array.of(0x2f, 0xff, 0x61))).toBe('/\ufffda')
  })
})

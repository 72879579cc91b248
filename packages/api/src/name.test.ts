import { describe, expect, it } from 'vitest'
import { nameToBytes, nameToString } from './name.js'

describe('names', () => {
  it('are text where they are UTF-8', () => {
    for (const name of ['a', 'gr\u00fc\u00dfe', '\u{1f600}'])
      expect(nameToString(nameToBytes(name))).toBe(name)
  })

  it('are refused where they are not, because text would name another file', () => {
    expect(() => nameToString(Uint8Array.of(0x61, 0xff))).toThrow(TypeError)
  })
})

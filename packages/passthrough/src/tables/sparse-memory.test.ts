import { describe, expect, it } from 'vitest'
import { sparseMemory, unreservedMemory } from './sparse-memory.js'

const MIB = 1024 * 1024

describe('sparseMemory', () => {
  it('is as small as asked for where that does not matter, and else at least what glibc always maps', () => {
    expect(sparseMemory(100).byteLength).toBe(100)
    expect(sparseMemory(MIB).byteLength).toBe(32 * MIB)
    expect(sparseMemory(33 * MIB).byteLength).toBe(33 * MIB)
  })
})

describe('unreservedMemory', () => {
  it('is as large, zero, and to be written to', () => {
    for (const size of [100, MIB, 33 * MIB]) {
      const memory = unreservedMemory(size)
      expect(memory.byteLength).toBe(sparseMemory(size).byteLength)
      const bytes = new Uint8Array(memory)
      expect(bytes.every((byte) => byte === 0)).toBe(true)
      bytes.fill(1)
      expect(bytes.every((byte) => byte === 1)).toBe(true)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { sparseMemory } from './sparse-memory.js'

const MIB = 1024 * 1024

describe('sparseMemory', () => {
  it('is as small as asked for where that does not matter, and else at least what glibc always maps', () => {
    expect(sparseMemory(100).byteLength).toBe(100)
    expect(sparseMemory(MIB).byteLength).toBe(32 * MIB)
    expect(sparseMemory(33 * MIB).byteLength).toBe(33 * MIB)
  })
})

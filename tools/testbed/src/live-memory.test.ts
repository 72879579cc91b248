import { expect, test } from 'vitest'
import { liveMemory } from './live-memory.js'

const MIB = 2 ** 20

test('what is referred to is counted, and what is not is not', () => {
  const before = liveMemory()
  const kept = Array.from({ length: 8 }, () => new Uint8Array(MIB))
  expect(liveMemory() - before).toBeGreaterThan(7 * MIB)
  kept.length = 0
  expect(liveMemory() - before).toBeLessThan(MIB)
})

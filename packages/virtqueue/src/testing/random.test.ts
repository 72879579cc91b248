import { expect, test } from 'vitest'
import { Random } from './random.js'

const words = (random: Random) => Array.from({ length: 100 }, () => random.word())

test('a seed and a stream have a course of their own, and always the same', () => {
  const first = words(new Random(7, 3))
  expect(words(new Random(7, 3))).toEqual(first)
  for (const other of [new Random(7, 4), new Random(8, 3), new Random(7)]) {
    expect(words(other).filter((word) => first.includes(word)).length).toBeLessThan(3)
  }
})

test('every choice is made about as often as the others', () => {
  for (const stream of [0, 1, 2]) {
    const random = new Random(1, stream)
    const picked = Array.from({ length: 10_000 }, () => random.below(5))
    for (const each of [0, 1, 2, 3, 4]) {
      expect(Math.abs(picked.filter((value) => value === each).length - 2000)).toBeLessThan(200)
    }
  }
})

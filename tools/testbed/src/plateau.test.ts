import { expect, test } from 'vitest'
import { Plateau } from './plateau.js'

function plateau(values: readonly number[]): Plateau {
  const made = new Plateau()
  for (const value of values) made.add(value)
  return made
}

test('what grows at first and then goes up and down has levelled off', () => {
  expect(plateau([1, 40, 90, 50, 99, 51, 98, 50]).growth).toBe(0)
  expect(plateau([1, 40, 90, 50, 99, 51, 98, 50]).summary).toEqual([1, 50, 50, 99])
})

test('what grows without end has not', () => {
  expect(plateau(Array.from({ length: 16 }, (_, i) => 10 * i + (i % 2) * 500)).growth).toBeGreaterThan(70)
})

test('too few measurements are no reason to be content', () => {
  expect(() => plateau([1, 2, 3]).growth).toThrow('say nothing')
})

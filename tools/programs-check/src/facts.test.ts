import { expect, test } from 'vitest'
import { differing } from './facts.js'

test('tells what is on one side alone, how often it is there, and another order', () => {
  expect(differing(['a', 'b', 'b'], ['a', 'b', 'b'])).toEqual([])
  expect(differing(['a', 'b'], ['b', 'c'])).toEqual(['- a', '+ c'])
  expect(differing(['a', 'b', 'b'], ['a', 'b'])).toEqual(['- b', '- b'])
  expect(differing(['a', 'b'], ['b', 'a'])).toEqual(['* the same in another order'])
})

import { expect, test } from 'vitest'
import { compare, describeDifference } from './compare.js'

const CASES = ['a', 'b'].map((name) => ({ name, steps: ['mkdir d 0755', 'stat d'] }))
const outcomes = (results: string, left: string, behind = left) => ({
  seen: new Map(CASES.map(({ name }) => [name, { results, left }])),
  behind: new Map(CASES.map(({ name }) => [name, behind])),
})

test('nothing differs where all is the same', () => {
  expect(compare(CASES, outcomes('0', 'x'), outcomes('0', 'x'))).toEqual([])
})

test('the first thing that differs is told of each case', () => {
  expect(compare(CASES, outcomes('0', 'x'), outcomes('EPERM', 'y')).map(({ what }) => what)).toEqual([
    'results',
    'results',
  ])
  expect(compare(CASES, outcomes('0', 'x'), outcomes('0', 'y'))[0]).toMatchObject({ what: 'what is left' })
  const [difference] = compare(CASES, outcomes('0', 'x'), outcomes('0', 'x', 'z'))
  expect(difference && describeDifference(difference)).toBe(
    'a: mkdir d 0755; stat d\n  what is left behind it on the disk: x\n  what is left behind it here:        z',
  )
})

test('a case that was not run is no case that is the same', () => {
  const none = { seen: new Map(), behind: new Map() }
  expect(() => compare(CASES, outcomes('0', 'x'), none)).toThrow('a was not run')
})

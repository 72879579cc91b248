import { expect, test } from 'vitest'
import { compare, describeDifference, isOfUntoldCaller } from './compare.js'

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

test('what a server cannot know of callers is in set-id bits alone', () => {
  const difference = (caller: string, disk: string, here: string) => ({
    case: { name: 'a', steps: [caller, 'write f w 5'] },
    what: 'results' as const,
    ...{ disk, here },
  })
  const told = '0,102666 1:2 1*10'
  expect(isOfUntoldCaller(difference('as 1 1 2 -', told, '0,100666 1:2 1*10'))).toBe(true)
  expect(isOfUntoldCaller(difference('as 1 1 - -', told, '0,100666 1:2 1*10'))).toBe(false)
  expect(isOfUntoldCaller(difference('as 1 1 2 -', told, '0,104666 1:2 1*10'))).toBe(false)
  expect(isOfUntoldCaller(difference('as 0 0 - none', told, '0,106666 1:2 1*10'))).toBe(true)
  expect(isOfUntoldCaller(difference('as 0 0 - -', told, '0,106666 1:2 1*10'))).toBe(false)
  expect(isOfUntoldCaller(difference('as 1 1 2 -', told, 'EPERM,102666 1:2 1*10'))).toBe(false)
})

import { expect, test } from 'vitest'
import { PollBudget } from './poll-budget.js'

const MOST = 0.4

/** Waits of a queue that are ended by kicks, each after `waited`; how long was to be looked before each. */
function waits(budget: PollBudget, waited: number, count: number, requests = 1): number[] {
  return Array.from({ length: count }, (_, i) => {
    const now = i * 10
    const looking = budget.take(now)
    budget.kicked(now + waited, requests)
    return looking
  })
}

test('grows until it covers the waits, and no further', () => {
  const budget = new PollBudget(MOST)
  expect(waits(budget, 0.1, 6)).toEqual([0, 0.02, 0.04, 0.08, 0.16, 0.16])
})

test('grows to the limit at most', () => {
  const budget = new PollBudget(MOST)
  expect(waits(budget, 0.39, 8).at(-1)).toBe(MOST)
})

test('is nothing once requests come later than the limit', () => {
  const budget = new PollBudget(MOST)
  waits(budget, 0.1, 6)
  expect(waits(budget, 0.5, 2)).toEqual([0.16, 0])
})

test('rests where several requests come with a kick', () => {
  const budget = new PollBudget(MOST)
  waits(budget, 0.1, 6)
  expect(waits(budget, 0.1, 2, 2)).toEqual([0.16, 0])
  expect(waits(budget, 0.1, 200)).toEqual(new Array(200).fill(0))
  expect(waits(budget, 0.1, 100).at(-1)).toBe(0.16)
})

test('rests shortly where somebody else wanted the CPU', () => {
  const budget = new PollBudget(MOST)
  waits(budget, 0.1, 6)
  budget.preempted()
  expect(waits(budget, 0.1, 16)).toEqual(new Array(16).fill(0))
  expect(waits(budget, 0.1, 10).at(-1)).toBe(0.16)
})

test('a kick that brings nothing says nothing', () => {
  const budget = new PollBudget(MOST)
  waits(budget, 0.1, 6)
  expect(waits(budget, 5, 3, 0)).toEqual([0.16, 0.16, 0.16])
})

test('lets a kick tell how many come at a time, now and then', () => {
  const budget = new PollBudget(MOST)
  waits(budget, 0.1, 6)
  const looking = Array.from({ length: 130 }, (_, i) => {
    const found = budget.take(i)
    if (found > 0) budget.found()
    else budget.kicked(i + 0.1, 1)
    return found
  })
  expect(looking.filter((time) => time === 0)).toHaveLength(2)
})

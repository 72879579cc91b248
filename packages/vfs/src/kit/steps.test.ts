import { describe, expect, it } from 'vitest'
import { runSteps as run, type Steps } from './steps.js'

function* add(...values: unknown[]): Steps<number> {
  let sum = 0
  for (const value of values) sum += Number(yield value)
  return sum
}

function* recover(value: unknown): Steps<string> {
  try {
    yield value
    return 'went well'
  } catch (error) {
    return `caught ${(error as Error).message}`
  }
}

describe('run', () => {
  it('is done at once where nothing has to wait', () => {
    expect(run(add())).toBe(0)
    expect(run(add(1, 2, 3))).toBe(6)
  })

  it('waits from the first promise on', async () => {
    const sum = run(add(1, Promise.resolve(2), 3, Promise.resolve(4)))
    expect(sum).toBeInstanceOf(Promise)
    expect(await sum).toBe(10)
  })

  it('throws a rejection into the steps', async () => {
    expect(await run(recover(Promise.reject(new Error('no'))))).toBe('caught no')
    expect(run(recover(1))).toBe('went well')
  })

  it('hands on what the steps throw, at once or later', async () => {
    function* fail(value: unknown): Steps<never> {
      yield value
      throw new Error('failed')
    }
    expect(() => run(fail(1))).toThrow('failed')
    await expect(run(fail(Promise.resolve(1)))).rejects.toThrow('failed')
    await expect(run(add(1, Promise.reject(new Error('lost'))))).rejects.toThrow('lost')
  })
})

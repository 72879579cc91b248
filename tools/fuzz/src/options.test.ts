import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.js'

describe('parseOptions', () => {
  it('has defaults', () => {
    expect(parseOptions([], 5)).toEqual({ minutes: 1, seed: 5, round: undefined })
  })

  it('reads what is given, behind the -- of pnpm as well', () => {
    const expected = { minutes: 0.5, seed: 7, round: 3 }
    expect(parseOptions(['--minutes', '0.5', '--seed', '7', '--round', '3'], 5)).toEqual(expected)
    expect(parseOptions(['--', '--minutes', '0.5', '--seed', '7', '--round', '3'], 5)).toEqual(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.js'

describe('parseOptions', () => {
  it('has defaults', () => {
    expect(parseOptions([], 5)).toEqual({ minutes: 1, seed: 5, round: undefined, guestInputs: undefined })
  })

  it('reads what is given, behind the -- of pnpm as well', () => {
    const expected = { minutes: 0.5, seed: 7, round: 3, guestInputs: undefined }
    expect(parseOptions(['--minutes', '0.5', '--seed', '7', '--round', '3'], 5)).toEqual(expected)
    expect(parseOptions(['--', '--minutes', '0.5', '--seed', '7', '--round', '3'], 5)).toEqual(expected)
  })

  it('attacks what serves guests where it is asked to', () => {
    expect(parseOptions(['--guest-inputs', '1000'], 5)).toMatchObject({ guestInputs: 1000, seed: 5 })
  })
})

import { describe, expect, it } from 'vitest'
import { missingFrom } from './debian.mjs'

describe('missingFrom', () => {
  it('finds programs and files that are there', () => {
    expect(missingFrom([{ needs: 'sh', debian: 'dash' }])).toEqual([])
    expect(missingFrom([{ needs: '/proc/self/mountinfo', debian: 'none' }])).toEqual([])
  })

  it('names those that are not', () => {
    const program = { needs: 'no-such-program', debian: 'a' }
    const file = { needs: '/no/such/file', debian: 'b' }
    expect(missingFrom([program, { needs: 'sh', debian: 'dash' }, file])).toEqual([program, file])
  })
})

import { describe, expect, it } from 'vitest'
import { parseTap } from './tap.js'

describe('parseTap', () => {
  it('counts what passed and names what failed', () => {
    expect(parseTap('1..3\nok 1\nnot ok 2 - expected 0, got EACCES\nok 3\n')).toEqual({
      passed: 2,
      failures: ['not ok 2 - expected 0, got EACCES'],
    })
  })

  it('leaves out what is known not to hold', () => {
    expect(parseTap('1..2\nok 1\nnot ok 2 # TODO Linux\n')).toEqual({ passed: 1, failures: [] })
  })

  it('counts checks that were never made', () => {
    expect(parseTap('1..5\nok 1\n').failures).toEqual(['5 checks were planned, 1 were made'])
    expect(parseTap('').failures).toEqual(['the test printed no plan'])
  })
})

import { describe, expect, it } from 'vitest'
import { parseRuntest } from './ltp.js'

describe('parseRuntest', () => {
  it('reads names and commands', () => {
    const text =
      '#DESCRIPTION:File systems\ngf01 growfiles -b -d $TMPDIR\n\n# off: gf02 growfiles\nrwtest01 export A=1; rwtest -N\n'
    expect(parseRuntest(text)).toEqual([
      { name: 'gf01', command: 'growfiles -b -d $TMPDIR' },
      { name: 'rwtest01', command: 'export A=1; rwtest -N' },
    ])
  })
})

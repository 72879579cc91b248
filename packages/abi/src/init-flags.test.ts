import { describe, expect, it } from 'vitest'
import { InitFlag } from './constants/init-flag.js'
import { joinInitFlags, splitInitFlags } from './init-flags.js'

describe('joinInitFlags', () => {
  it('takes the second word only with INIT_EXT', () => {
    const ext = Number(InitFlag.INIT_EXT)
    expect(joinInitFlags(1, 1)).toBe(InitFlag.ASYNC_READ)
    expect(joinInitFlags(ext | 1, 1)).toBe(InitFlag.INIT_EXT | InitFlag.ASYNC_READ | InitFlag.SECURITY_CTX)
  })

  it('knows no sign', () => {
    expect(joinInitFlags(-1, -1)).toBe(2n ** 64n - 1n)
    expect(joinInitFlags(0xffffffff, 0xffffffff)).toBe(2n ** 64n - 1n)
  })
})

describe('splitInitFlags', () => {
  it('undoes joinInitFlags', () => {
    const flags = InitFlag.INIT_EXT | InitFlag.INIT_RESERVED | InitFlag.REQUEST_TIMEOUT
    const words = splitInitFlags(flags)
    expect(words).toEqual({ flags: 0xc0000000, flags2: 1 << 10 })
    expect(joinInitFlags(words.flags, words.flags2)).toBe(flags)
  })
})

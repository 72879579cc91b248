import { InitFlag } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { Connection, initFlagNames } from './connection.js'

const limits = {
  maxWrite: 2 ** 20,
  maxReadahead: 2 ** 17,
  maxBackground: 64,
  congestionThreshold: 48,
  timeGran: 1,
  mapAlignment: 0,
  maxStackDepth: 0,
  requestTimeout: 0,
}
const peer = { major: 7, minor: 45, offered: InitFlag.ASYNC_READ | InitFlag.POSIX_ACL | InitFlag.INIT_EXT }

describe('Connection', () => {
  it('enables what is offered, and says whether all of it is on', () => {
    const connection = new Connection(peer, { ...limits }, undefined)
    expect(connection.offers(InitFlag.POSIX_ACL)).toBe(true)
    expect(connection.offers(InitFlag.POSIX_ACL | InitFlag.SUBMOUNTS)).toBe(false)
    expect(connection.enable(InitFlag.POSIX_ACL)).toBe(true)
    expect(connection.enable(InitFlag.ASYNC_READ | InitFlag.SUBMOUNTS)).toBe(false)
    expect(connection.flags).toBe(InitFlag.POSIX_ACL | InitFlag.ASYNC_READ)
    connection.disable(InitFlag.POSIX_ACL)
    expect(connection.has(InitFlag.POSIX_ACL)).toBe(false)
  })

  it.each([
    ['maxWrite', 4095],
    ['maxWrite', 2 ** 30 + 1],
    ['maxReadahead', -1],
    ['maxBackground', 65536],
    ['congestionThreshold', 0],
    ['timeGran', 1_000_000_001],
    ['mapAlignment', 64],
    ['maxStackDepth', 3],
    ['requestTimeout', 65536],
    ['timeGran', Number.NaN],
  ] as const)('refuses %s of %d', (name, value) => {
    const connection = new Connection(peer, { ...limits, [name]: value }, undefined)
    expect(() => connection.settle(4096)).toThrow(new RegExp(`^${name} must be a whole number of`))
  })

  it('never has submounts together with reads that nobody waits for', () => {
    const offered = InitFlag.ASYNC_READ | InitFlag.SUBMOUNTS
    for (const wanted of [offered, InitFlag.ASYNC_READ]) {
      const connection = new Connection({ ...peer, offered }, { ...limits }, undefined)
      connection.enable(wanted)
      const { flags } = connection.settle(4096)
      expect(flags).toBe(wanted === offered ? InitFlag.SUBMOUNTS : wanted)
    }
  })

  it('never lets the threshold exceed the background', () => {
    const connection = new Connection(
      peer,
      { ...limits, maxBackground: 10, congestionThreshold: 48 },
      undefined,
    )
    expect(connection.settle(4096)).toMatchObject({ maxBackground: 10, congestionThreshold: 10 })
  })
})

describe('initFlagNames', () => {
  it('names every bit, those that nobody knows by their number', () => {
    expect(initFlagNames(0n)).toEqual([])
    expect(initFlagNames(InitFlag.ASYNC_READ | InitFlag.SECURITY_CTX | (1n << 60n))).toEqual([
      'ASYNC_READ',
      'SECURITY_CTX',
      'BIT_60',
    ])
    expect(initFlagNames(2n ** 64n - 1n)).toHaveLength(64)
  })
})

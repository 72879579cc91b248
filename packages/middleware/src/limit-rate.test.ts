import { Errno, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { FakeClock } from '../test/fake-clock.js'
import { SampleFs } from '../test/sample-fs.js'
import { limitRate } from './index.js'

const name = nameToBytes('file')

describe('limitRate', () => {
  it('lets a burst through at once and delays the rest', async () => {
    const clock = new FakeClock()
    const fs = limitRate(new SampleFs(), { operations: 10, burst: 0.5, clock })
    for (let i = 0; i < 5; i += 1) expect(fs.lookup?.(1, name, caller())).not.toBeInstanceOf(Promise)
    await fs.lookup?.(1, name, caller())
    expect(clock.slept).toEqual([100])
    clock.advance(10_000)
    for (let i = 0; i < 5; i += 1) expect(fs.lookup?.(1, name, caller())).not.toBeInstanceOf(Promise)
    expect(fs.lookup?.(1, name, caller())).toBeInstanceOf(Promise)
  })

  it('makes those wait longer who come later', () => {
    const slept: number[] = []
    const clock = { now: () => 0, sleep: (ms: number) => new Promise<void>(() => slept.push(ms)) }
    const fs = limitRate(new SampleFs(), { operations: 10, burst: 0.1, clock })
    for (let i = 0; i < 4; i += 1) fs.lookup?.(1, name, caller())
    expect(slept).toEqual([100, 200, 300])
  })

  it('counts the bytes of reads and writes', async () => {
    const clock = new FakeClock()
    await using client = await FuseClient.connect(limitRate(new SampleFs(), { bytes: 1000, clock }))
    await client.read(2, 7, 0, 600)
    await client.write(2, 7, 0, new Uint8Array(400))
    expect(clock.slept).toEqual([])
    await client.read(2, 7, 0, 250)
    expect(clock.slept).toEqual([250])
  })

  it('never delays what gives something back', () => {
    const clock = new FakeClock()
    const fs = limitRate(new SampleFs(), { operations: 1, clock })
    fs.lookup?.(1, name, caller())
    for (let i = 0; i < 3; i += 1) {
      expect(fs.release?.(2, 7, {} as never, caller())).toBeUndefined()
      fs.forget?.(2, 1)
    }
    expect(clock.slept).toEqual([])
  })

  it('answers EINTR to a caller who stops waiting, who then has used nothing', async () => {
    const clock = new FakeClock()
    const sample = new SampleFs()
    const fs = limitRate(sample, { operations: 1, clock })
    fs.lookup?.(1, name, caller())
    expect(await fs.lookup?.(1, name, caller({ signal: AbortSignal.abort() }))).toBe(Errno.EINTR)
    expect(sample.asked).toHaveLength(1)
    clock.advance(1000)
    expect(fs.lookup?.(1, name, caller())).toMatchObject({ nodeid: 2 })
  })

  it('waits with the timers of the process too', async () => {
    await using client = await FuseClient.connect(
      limitRate(new SampleFs(), { operations: 1000, burst: 0.001 }),
    )
    for (let i = 0; i < 3; i += 1) await client.lookup(1, 'file')
  })

  it('refuses limits that are none', () => {
    expect(() => limitRate({}, { operations: 0 })).toThrow(RangeError)
    expect(() => limitRate({}, { bytes: Number.NaN })).toThrow(RangeError)
    expect(() => limitRate({}, { bytes: 1, burst: 0 })).toThrow(RangeError)
  })
})

import { Errno, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { FakeClock } from '../test/fake-clock.js'
import { SampleFs } from '../test/sample-fs.js'
import { Faults, injectFaults } from './index.js'

const name = nameToBytes('file')

describe('injectFaults', () => {
  it('fails by operation, node and name, and does not reach the file system', async () => {
    const sample = new SampleFs()
    const faults = new Faults([
      { operations: 'read', node: 2, errno: Errno.EIO },
      { operations: ['lookup', 'mkdir'], name: 'bad', errno: Errno.EACCES },
      { name: Uint8Array.of(0xff), errno: Errno.EILSEQ },
    ])
    await using client = await FuseClient.connect(injectFaults(sample, faults))
    await expect(client.read(2, 7, 0, 5)).rejects.toMatchObject({ code: 'EIO' })
    expect(await client.read(3, 7, 0, 5)).toHaveLength(5)
    await expect(client.mkdir(1, 'bad')).rejects.toMatchObject({ code: 'EACCES' })
    await expect(client.lookup(1, 'bad')).rejects.toMatchObject({ code: 'EACCES' })
    await expect(client.lookup(1, Uint8Array.of(0xff))).rejects.toMatchObject({ code: 'EILSEQ' })
    await client.lookup(1, 'file')
    expect(faults.struck).toEqual([1, 2, 1])
    expect(sample.asked.map(({ operation }) => operation)).toEqual(['read', 'lookup'])
  })

  it('strikes after so many, so often, so probably', () => {
    const random = [0.1, 0.9, 0.4].values()
    const faults = new Faults(
      [
        { operations: 'lookup', after: 2, times: 2, errno: Errno.EIO },
        { operations: 'getattr', probability: 0.5, errno: Errno.ENOMEM },
      ],
      () => random.next().value ?? 0,
    )
    const fs = injectFaults(new SampleFs(), faults)
    const looked = Array.from({ length: 6 }, () => fs.lookup?.(1, name, caller()) === Errno.EIO)
    expect(looked).toEqual([false, false, true, true, false, false])
    const asked = Array.from({ length: 3 }, () => fs.getattr?.(1, undefined, caller()) === Errno.ENOMEM)
    expect(asked).toEqual([true, false, true])
  })

  it('delays, with an error or without', async () => {
    const clock = new FakeClock()
    const faults = new Faults([
      { operations: 'lookup', delay: 20 },
      { operations: 'getattr', delay: 30, errno: Errno.ETIMEDOUT },
    ])
    const fs = injectFaults(new SampleFs(), faults, clock)
    expect(await fs.lookup?.(1, name, caller())).toMatchObject({ nodeid: 2 })
    expect(await fs.getattr?.(1, undefined, caller())).toBe(Errno.ETIMEDOUT)
    expect(clock.slept).toEqual([20, 30])
    const interrupted = caller({ signal: AbortSignal.abort() })
    expect(await fs.lookup?.(1, name, interrupted)).toBe(Errno.EINTR)
  })

  it('releases all the same', async () => {
    const sample = new SampleFs()
    const faults = new Faults([{ errno: Errno.EIO }])
    const clock = new FakeClock()
    const fs = injectFaults(sample, faults, clock)
    expect(fs.release?.(2, 7, {} as never, caller())).toBe(Errno.EIO)
    faults.set([{ delay: 5 }])
    const interrupted = caller({ signal: AbortSignal.abort() })
    expect(await fs.release?.(2, 8, {} as never, interrupted)).toBe(Errno.EINTR)
    fs.forget?.(2, 1)
    expect(sample.asked).toMatchObject([{ args: [2, 7] }, { args: [2, 8] }, { operation: 'forget' }])
  })

  it('can be changed while it runs', () => {
    const faults = new Faults()
    const fs = injectFaults({ copyFileRange: () => 5 }, faults)
    const place = { node: 4, fh: 1, offset: 0 }
    const copy = () => fs.copyFileRange?.(place, place, 5, 0, caller())
    expect(copy()).toBe(5)
    faults.set([{ node: 4, errno: Errno.EIO }])
    expect(copy()).toBe(Errno.EIO)
    faults.set([])
    expect(copy()).toBe(5)
  })

  it('refuses rules that make no sense', () => {
    expect(() => new Faults([{ probability: 2 }])).toThrow(RangeError)
    expect(() => new Faults([{ after: -1 }])).toThrow(RangeError)
    expect(() => new Faults([{ delay: Number.NaN }])).toThrow(RangeError)
  })
})

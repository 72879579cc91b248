import { readdir, readFile } from 'node:fs/promises'
import { InitFlag } from '@fb/abi'
import { expect, test, vi } from 'vitest'
import { probe } from '../src/probe/probe.js'
import { describeWith, machine, root } from './support/machine.js'
import { scratchDirectory } from './support/mountpoints.js'

test('probe says something about everything', () => {
  const { kernel, protocol, ...capabilities } = machine
  expect(kernel).not.toBe('')
  for (const [name, { available, reason }] of Object.entries(capabilities)) {
    expect(typeof available, name).toBe('boolean')
    expect(reason, name).not.toBe('')
  }
  expect(protocol === undefined).toBe(!machine.mount.available)
})

test('a missing fusermount3 is told', async () => {
  expect((await probe({ fusermount: 'no-such-fusermount' })).fusermount).toMatchObject({
    available: false,
    path: undefined,
    reason: expect.stringMatching(/no-such-fusermount.*fuse3/),
  })
})

describeWith('probe as root', [machine.mount, root], () => {
  test('finds what the kernel offers', () => {
    expect(machine.device.available && machine.clone.available && machine.allowOther.available).toBe(true)
    expect(machine.protocol?.major).toBe(7)
    const offered = machine.protocol?.offered ?? 0n
    expect(offered & InitFlag.ASYNC_READ).not.toBe(0n)
    if ((offered & InitFlag.PASSTHROUGH) === 0n) expect(machine.passthrough.available).toBe(false)
  })

  test('leaves nothing behind', async () => {
    const scratch = await scratchDirectory()
    vi.stubEnv('TMPDIR', scratch)
    const before = await readdir('/proc/self/fd')
    await probe()
    vi.unstubAllEnvs()
    expect((await readdir('/proc/self/fd')).length).toBe(before.length)
    expect(await readdir(scratch)).toEqual([])
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(scratch)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootGuest, Guest, GuestError, guestUnavailable } from '../src/index.js'

const reason = await guestUnavailable()
const because = reason === undefined ? '' : ` (skipped: ${reason})`

describe.skipIf(reason !== undefined)(`a guest for one script${because}`, () => {
  test('gives its exit code and its output, apart from the console', async () => {
    const result = await bootGuest({ script: 'echo out; echo err >&2; exit 7', kernelArgs: ['loglevel=7'] })
    expect(result.exitCode).toBe(7)
    expect(result.output).toBe('out\nerr\n')
    expect(result.console).toContain('Power down')
  })

  test('that cannot mount is not there', async () => {
    const mounts = [{ tag: 'none', socket: '/nonexistent/socket' }]
    await expect(bootGuest({ mounts, script: 'true' })).rejects.toThrow(
      /QEMU ended with exit code 1.*nonexistent/s,
    )
  })

  test('gets the CPUs, memory, modules, programs and files that were asked for', async () => {
    const { output } = await bootGuest({
      ...{ cpus: 2, memoryMiB: 300, modules: ['loop'], programs: ['tar'] },
      files: { '/usr/local/bin/hello': '#!/bin/sh\necho hello "$1"\n' },
      script: "nproc; free -m | awk '/Mem/ { print ($2 < 300) }'; ls /dev/loop0; type tar; hello you",
    })
    expect(output.split('\n')).toEqual(
      expect.arrayContaining([
        '2',
        '1',
        '/dev/loop0',
        expect.stringMatching(/ \/(usr\/)?bin\/tar$/),
        'hello you',
      ]),
    )
  })
})

describe.skipIf(reason !== undefined)(`a longer-lived guest${because}`, () => {
  let guest: Guest
  beforeAll(async () => {
    guest = await Guest.start()
  })
  afterAll(() => guest?.kill())

  test('runs scripts one after the other, in one system', async () => {
    expect(await guest.run('echo kept >/tmp/file; false')).toEqual({ exitCode: 1, output: '' })
    expect(await guest.check('cat /tmp/file; uname -r')).toBe(`kept\n${guest.kernelRelease}\n`)
    await expect(guest.check('echo why; exit 3')).rejects.toThrow(/exit code 3.*why/s)
  })

  test('takes and gives more than fits a pipe', async () => {
    const long = `: ${'x'.repeat(300_000)}\n`
    const output = await guest.check(`${long}head -c 3000000 /dev/zero | tr '\\0' y`)
    expect(output).toBe('y'.repeat(3_000_000))
  })

  test('refuses a second script meanwhile', async () => {
    const first = guest.run('echo first')
    await expect(guest.run('echo second')).rejects.toThrow('busy')
    expect((await first).output).toBe('first\n')
  })

  test('forgets its memory when it reboots', async () => {
    await guest.check('echo x >/tmp/file')
    await guest.reboot()
    expect((await guest.run('test -e /tmp/file')).exitCode).toBe(1)
  })

  test('is killed when a script takes too long', async () => {
    await expect(guest.run('while :; do :; done', 500)).rejects.toThrow('no end of a script within 500 ms')
    expect(await guest.ended).toBe('signal SIGKILL')
    await expect(guest.run('true')).rejects.toThrow(GuestError)
  })
})

describe.skipIf(reason !== undefined)(`a guest whose kernel panics${because}`, () => {
  test('says so at once', async () => {
    const script = 'echo c >/proc/sysrq-trigger'
    await expect(bootGuest({ script })).rejects.toThrow(/gave up: Kernel panic/)
  })
})

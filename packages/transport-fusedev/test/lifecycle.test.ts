import { expect, test } from 'vitest'
import { Daemon } from './support/daemon.js'
import { describeWith, machine, root } from './support/machine.js'
import { mountpoint, mountsAt } from './support/mountpoints.js'
import { openElsewhere, sh, shStatus, until } from './support/run.js'

describeWith('the end of the process', [machine.mount, root], () => {
  test.each([
    ['exit', {}],
    ['throw', {}],
    ['reject', {}],
    ['exit', { workers: 2 }],
    ['throw', { workers: 2 }],
  ])('%s: nothing stays mounted %j', async (way, options) => {
    const paths = [await mountpoint(), await mountpoint()]
    const daemon = await Daemon.ready(paths, options)
    daemon.tell(way)
    expect(await daemon.exited).toEqual({ code: way === 'exit' ? 7 : 1, signal: null })
    for (const path of paths) expect(await mountsAt(path)).toEqual([])
  })

  test('exit takes a mount along that is in use', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path])
    const file = await openElsewhere(`${path}/hello`)
    daemon.tell('exit')
    expect(await daemon.exited).toMatchObject({ code: 7 })
    expect(await mountsAt(path)).toEqual([])
    await expect(file.finish()).rejects.toThrow()
  })

  test.each([
    ['SIGINT', {}],
    ['SIGTERM', {}],
    ['SIGHUP', {}],
    ['SIGTERM', { workers: 2 }],
  ] as const)('%s unmounts every session %j', async (signal, options) => {
    const paths = [await mountpoint(), await mountpoint()]
    const daemon = await Daemon.ready(paths, options)
    daemon.kill(signal)
    expect(await daemon.exited).toEqual({ code: null, signal })
    for (const path of paths) expect(await mountsAt(path)).toEqual([])
  })

  test('SIGTERM unmounts what is in use', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path])
    const file = await openElsewhere(`${path}/hello`)
    daemon.kill('SIGTERM')
    expect(await daemon.exited).toEqual({ code: null, signal: 'SIGTERM' })
    expect(await mountsAt(path)).toEqual([])
    await expect(file.finish()).rejects.toThrow()
  })

  test('SIGTERM that the program handles too unmounts, and leaves the rest to it', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path])
    await daemon.ask('handle')
    daemon.kill('SIGTERM')
    expect(await daemon.line()).toBe('SIGTERM')
    await until(async () => (await mountsAt(path)).length === 0)
    expect(daemon.child.exitCode).toBeNull()
  })

  test('handlers are there as long as something is mounted', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path])
    expect(await daemon.ask('listeners')).toEqual([1, 1, 1])
    expect(await daemon.ask('unmount')).toBe('unmounted')
    expect(await daemon.ask('listeners')).toEqual([0, 0, 0])
  })

  test('handleSignals: false leaves signals alone', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path], { handleSignals: false })
    expect(await daemon.ask('listeners')).toEqual([0, 0, 0])
    await daemon.ask('unmount')
  })

  test('after kill -9 the mount is dead, and says what to do; fusermount3 -u helps', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path])
    daemon.kill('SIGKILL')
    await daemon.exited
    expect((await shStatus('ls "$1"', path)).stderr).toMatch(/not connected/)
    const again = new Daemon([path])
    expect(await again.line()).toMatchObject({
      name: 'MountError',
      code: 'ENOTCONN',
      remedy: expect.stringContaining(`fusermount3 -u ${path}`),
    })
    await sh('fusermount3 -u "$1"', path)
    expect(await mountsAt(path)).toEqual([])
    await Daemon.ready([path])
    expect(await sh('cat "$1/hello"', path)).toBe('hello world\n')
  })
})

describeWith('autoUnmount', [machine.mount, machine.fusermount, root], () => {
  test('unmounts after kill -9', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path], { autoUnmount: true })
    expect(await sh('cat "$1/hello"', path)).toBe('hello world\n')
    daemon.kill('SIGKILL')
    await until(async () => (await mountsAt(path)).length === 0)
  })

  test('does not stand in the way of unmounting, and its helper ends', async () => {
    const path = await mountpoint()
    const daemon = await Daemon.ready([path], { autoUnmount: true })
    const helpers = async (): Promise<string> =>
      (await shStatus('pgrep -P "$1"', `${daemon.pid}`)).code.toString()
    expect(await helpers()).toBe('0')
    expect(await daemon.ask('unmount')).toBe('unmounted')
    expect(await mountsAt(path)).toEqual([])
    await until(async () => (await helpers()) === '1')
  })
})

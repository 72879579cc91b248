import { check, close, EFD_NONBLOCK, eventfd, pipe2, read, socketpair, write } from '@fb/sys'
import { describe, expect, test } from 'vitest'
import { u64 } from '../src/message.js'
import { Request, requestName, VhostFeature, VRING_NO_FD } from '../src/protocol.js'
import { cleanup, echo, guest, serve, session } from './support.js'

function event(initial = 0): number {
  const fd = check(eventfd(initial, EFD_NONBLOCK), 'eventfd')
  cleanup(() => close(fd))
  return fd
}

function count(fd: number): number {
  const value = new BigUint64Array(1)
  return read(fd, new Uint8Array(value.buffer), 0, 8) === 8 ? Number(value[0]) : 0
}

function pipe(): [number, number] {
  const ends = new Int32Array(2)
  check(pipe2(ends, 0), 'pipe')
  return [ends[0] as number, ends[1] as number]
}

describe('notifications', () => {
  test('the call descriptor is exchanged while the queue runs', async () => {
    const served = serve()
    const { frontEnd, ram, queue, driver } = await session(served, {
      eventIndex: false,
      features: ~((1n << 29n) | VhostFeature.LOG_ALL),
    })
    expect(await echo(queue, ram, 'one')).toBe('one')
    const second = event()
    await frontEnd.obeyed(Request.SET_VRING_CALL, u64(0n), [second])
    queue.called()
    const buffer = { address: ram.allocate(4), length: 4 }
    queue.post([buffer], [buffer])
    while (driver.take() === undefined) await new Promise(setImmediate)
    expect(count(second)).toBe(1)
    expect(queue.called()).toBe(false)
    await frontEnd.obeyed(Request.SET_VRING_CALL, u64(VRING_NO_FD))
    queue.post([buffer], [buffer])
    while (driver.take() === undefined) await new Promise(setImmediate)
    expect(count(second)).toBe(0)
  })

  test('the driver is called for the first answers while the others are made', async () => {
    const served = serve()
    const { frontEnd, ram, queue, driver } = await session(served, {
      size: 32,
      eventIndex: false,
      features: ~((1n << 29n) | VhostFeature.LOG_ALL),
    })
    const call = event()
    await frontEnd.obeyed(Request.SET_VRING_CALL, u64(0n), [call])
    count(call)
    const buffer = { address: ram.allocate(4), length: 4 }
    for (let i = 0; i < 19; i += 1) driver.add([buffer], [buffer])
    queue.post([buffer], [buffer])
    for (let taken = 0; taken < 20; ) {
      if (driver.take() === undefined) await new Promise(setImmediate)
      else taken += 1
    }
    // After 8, after 16, and for the rest.
    expect(count(call)).toBe(3)
  })

  test('a queue without a kick descriptor is polled', async () => {
    const served = serve()
    const { frontEnd, ram, queue } = await session(served)
    await frontEnd.obeyed(Request.SET_VRING_KICK, u64(VRING_NO_FD))
    expect(await echo(queue, ram, 'polled')).toBe('polled')
    expect(await frontEnd.stopQueue(0)).toBe(1)
  })

  test('pipes will do', async () => {
    const served = serve()
    const { frontEnd, ram, driver, queue } = await session(served)
    const [kickOut, kickIn] = pipe()
    await frontEnd.obeyed(Request.SET_VRING_KICK, u64(0n), [kickOut])
    close(kickOut)
    const buffer = { address: ram.allocate(4), length: 4 }
    driver.add([buffer], [buffer])
    write(kickIn, new Uint8Array(8), 0, 8)
    expect((await queue.take()).length).toBe(4)
    // The other end goes: the queue is broken, and nothing spins.
    const error = queue.error()
    close(kickIn)
    await error
    expect(served.device.calls.at(-1)).toBe('broken 0: the kick descriptor is gone (0)')
  })

  test('only eventfds and pipes are events', async () => {
    const kinds = new Int32Array(2)
    check(socketpair(kinds), 'socketpair')
    const ram = guest()
    const served = serve()
    let ends = 0
    for (const fd of [kinds[0] as number, ram.regions[0]?.fd ?? -1]) {
      for (const request of [Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR]) {
        const { frontEnd } = await session(served)
        await frontEnd.send(request, u64(0n), { fds: [fd] })
        expect(await frontEnd.closes()).toBe(true)
        ends += 1
        await served.ended(ends)
        expect(served.ends.at(-1)?.message).toBe(`${requestName(request)}: neither an eventfd nor a pipe`)
      }
    }
    for (const fd of kinds) close(fd)
  })

  test('kicks without end do not starve the loop, and requests are still served', async () => {
    const served = serve()
    const { frontEnd, ram, queue } = await session(served)
    // A semaphore is readable 2^63 times.
    const endless = check(eventfd(0, 0x1 | EFD_NONBLOCK), 'eventfd')
    cleanup(() => close(endless))
    write(endless, new Uint8Array(BigUint64Array.of(2n ** 63n).buffer), 0, 8)
    await frontEnd.obeyed(Request.SET_VRING_KICK, u64(0n), [endless])
    const before = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const pauses = performance.now() - before
    const { kicks } = served.device.queues.get(0)?.queue.counters ?? { kicks: -1 }
    expect(kicks).toBeGreaterThan(0)
    // A burst of 64 at most, then a pause of a millisecond at least.
    expect(kicks).toBeLessThan(64 * (pauses + 2))
    expect(await echo(queue, ram, 'still')).toBe('still')
  })

  test('a call descriptor that is full or gone disturbs nobody', async () => {
    const served = serve()
    const { frontEnd, ram, driver, queue } = await session(served)
    // Blocking on purpose: the front end must not make us wait.
    const full = check(eventfd(0, 0), 'eventfd')
    write(full, new Uint8Array(BigUint64Array.of(2n ** 64n - 2n).buffer), 0, 8)
    const [out, into] = pipe()
    close(out)
    const buffer = { address: ram.allocate(4), length: 4 }
    for (const fd of [full, into]) {
      await frontEnd.obeyed(Request.SET_VRING_CALL, u64(0n), [fd])
      for (let i = 0; i < 3; i += 1) {
        driver.wantCalls(true)
        driver.add([buffer], [buffer])
        queue.kick()
        while (driver.take() === undefined) await new Promise(setImmediate)
      }
      close(fd)
    }
    expect(served.ends).toEqual([])
  })
})

import {
  check,
  close,
  EFD_NONBLOCK,
  eventfd,
  ftruncate,
  memfdCreate,
  O_NONBLOCK,
  pipe2,
  pread,
  read,
  socketpair,
  write,
} from '@fb/sys'
import { DriverQueue } from '@fb/virtqueue/testing'
import { describe, expect, test } from 'vitest'
import { encodeMessage, u64, vringState } from '../src/message.js'
import { MessageSocket } from '../src/message-socket.js'
import {
  BackendRequest,
  HeaderFlag,
  ProtocolFeature,
  Request,
  requestName,
  VhostFeature,
  VRING_NO_FD,
} from '../src/protocol.js'
import { EchoDevice, memoryTable, oneRegion, vringAddresses } from '../src/testing/index.js'
import { cleanup, echo, guest, serve, session } from './support.js'

const PAGE = 4096

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

describe('memory slots', () => {
  test('regions are added and removed while queues run', async () => {
    const served = serve()
    const ram = guest([
      { guestAddress: 0, size: 1 << 20 },
      { guestAddress: 1 << 20, size: 1 << 20 },
      { guestAddress: 2 ** 33, size: 1 << 20 },
    ])
    const frontEnd = served.connect()
    await frontEnd.negotiate()
    const region = (index: number) => ram.regions[index] as (typeof ram.regions)[number]
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(0)), [region(0).fd])
    const driver = new DriverQueue(ram, 16, { eventIndex: true, indirect: true })
    const queue = await frontEnd.startQueue(0, driver)
    cleanup(() => queue.close())
    const exchange = async (address: number) => {
      queue.post([{ address, length: 4 }], [{ address: address + 4, length: 4 }])
      return (await queue.take()).length
    }
    expect(await exchange(1 << 20)).toBe(0)
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(1)), [region(1).fd])
    await frontEnd.obeyed(Request.ADD_MEM_REG, oneRegion(region(2)), [region(2).fd])
    expect(await exchange(1 << 20)).toBe(4)
    expect(await exchange(2 ** 33)).toBe(4)
    // Across two regions that adjoin.
    expect(await exchange((1 << 20) - 6)).toBe(4)
    // Some front ends send a descriptor along.
    await frontEnd.obeyed(Request.REM_MEM_REG, oneRegion(region(1)), [region(1).fd])
    await frontEnd.obeyed(Request.REM_MEM_REG, oneRegion({ ...region(2), offset: 12345 }))
    expect(await exchange(1 << 20)).toBe(0)
    expect(await exchange(2 ** 33)).toBe(0)
    expect(await exchange(4096 * 200)).toBe(4)
    expect(await frontEnd.acknowledged(Request.REM_MEM_REG, oneRegion(region(1)))).toBe(1n)
    expect(
      await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion({ ...region(1), size: 1 << 21 }), [
        region(1).fd,
      ]),
    ).toBe(1n)
    expect(await exchange(4096 * 200)).toBe(4)
  })
})

describe('dirty pages', () => {
  test('are marked from the moment that logging is on until it is off', async () => {
    const served = serve()
    const { frontEnd, ram, driver, queue } = await session(served)
    const features = await frontEnd.requestNumber(Request.GET_FEATURES)
    const log = check(memfdCreate('log', 0), 'memfd')
    cleanup(() => close(log))
    ftruncate(log, PAGE)
    const buffer = { address: ram.allocate(PAGE, PAGE), length: 8 }
    const marked = () => {
      const bytes = new Uint8Array(512)
      pread(log, bytes, 0, 512, 0)
      const pages: number[] = []
      for (let page = 0; page < 4096; page += 1)
        if (((bytes[page >> 3] ?? 0) >> (page & 7)) & 1) pages.push(page)
      return pages
    }
    const exchange = async () => {
      queue.post([buffer], [buffer])
      await queue.take()
    }
    const shape = new Uint8Array(16)
    new DataView(shape.buffer).setBigUint64(0, 512n, true)
    const reply = await frontEnd.request(Request.SET_LOG_BASE, shape, { fds: [log] })
    expect(reply.payload.getBigUint64(0, true)).toBe(0n)
    await exchange()
    expect(marked()).toEqual([])
    await frontEnd.obeyed(Request.SET_FEATURES, u64(features))
    await exchange()
    expect(marked()).toEqual([buffer.address / PAGE])
    const user = (address: number) => ram.userAddress(address)
    const { descriptors, available, used } = driver.addresses
    const addresses = {
      descriptors: user(descriptors),
      available: user(available),
      used: user(used),
      log: 100 * PAGE,
    }
    await frontEnd.obeyed(Request.SET_VRING_ADDR, vringAddresses(0, addresses, 1))
    await exchange()
    expect(marked()).toEqual([buffer.address / PAGE, 100].sort((a, b) => a - b))
    await frontEnd.obeyed(Request.SET_FEATURES, u64(features & ~VhostFeature.LOG_ALL))
    ftruncate(log, 0)
    ftruncate(log, PAGE)
    await exchange()
    expect(marked()).toEqual([])
    await frontEnd.obeyed(Request.SET_LOG_FD, undefined, [event()])
  })
})

describe('the device', () => {
  test('has a configuration space, which may be read in parts', async () => {
    const frontEnd = serve().connect()
    await frontEnd.negotiate()
    const access = (offset: number, contents: Uint8Array, flags = 0) => {
      const payload = new Uint8Array(12 + contents.length)
      new Uint32Array(payload.buffer, 0, 3).set([offset, contents.length, flags])
      payload.set(contents, 12)
      return payload
    }
    const reply = await frontEnd.request(Request.GET_CONFIG, access(4, new Uint8Array(3)))
    expect(new Uint8Array(reply.payload.buffer, 0, reply.payload.byteLength)).toEqual(
      access(4, Uint8Array.of(4, 5, 6)),
    )
    expect(
      (await frontEnd.request(Request.GET_CONFIG, access(40, new Uint8Array(8)))).payload.byteLength,
    ).toBe(0)
    expect(
      (await frontEnd.request(Request.GET_CONFIG, access(0xffff_fff0, new Uint8Array(4)))).payload.byteLength,
    ).toBe(0)
    expect(await frontEnd.acknowledged(Request.SET_CONFIG, access(0, Uint8Array.of(9)))).toBe(1n)
    await frontEnd.send(Request.SET_CONFIG, access(0, Uint8Array.of(9)))
    expect(await frontEnd.acknowledged(Request.SET_CONFIG, access(0, Uint8Array.of(9), 1))).toBe(0n)
    const changed = await frontEnd.request(Request.GET_CONFIG, access(0, new Uint8Array(2)))
    expect(changed.payload.getUint16(12, true)).toBe(0x0109)
  })

  test('has a status, and is reset', async () => {
    const served = serve()
    const { frontEnd } = await session(served)
    await frontEnd.obeyed(Request.SET_STATUS, u64(15n))
    expect(await frontEnd.requestNumber(Request.GET_STATUS)).toBe(15n)
    await frontEnd.obeyed(Request.RESET_DEVICE)
    await frontEnd.obeyed(Request.RESET_OWNER)
    expect(served.device.calls.slice(-3)).toEqual(['status 15', 'stop 0 at 0, reset', 'reset'])
  })

  test('lists its shared memory regions', async () => {
    const frontEnd = serve().connect()
    await frontEnd.negotiate()
    const { payload } = await frontEnd.request(Request.GET_SHMEM_CONFIG)
    expect([payload.byteLength, payload.getUint32(0, true)]).toEqual([8 + 8 * 256, 1])
    expect([payload.getBigUint64(8, true), payload.getBigUint64(16, true)]).toEqual([0n, 1n << 20n])
  })

  test('asks the front end to map and unmap', async () => {
    const served = serve()
    const frontEnd = served.connect()
    await frontEnd.negotiate()
    const ends = new Int32Array(2)
    check(socketpair(ends), 'socketpair')
    await frontEnd.obeyed(Request.SET_BACKEND_REQ_FD, undefined, [ends[1] as number])
    close(ends[1] as number)
    const channel = new MessageSocket(ends[0] as number, 'requests')
    cleanup(() => channel.close())
    const mapping = { shmid: 1, shmOffset: 8192, length: 4096, fd: event(), fdOffset: 0, writable: true }
    const answer = async (request: number, value: bigint) => {
      const message = await channel.receive()
      expect([message?.request, message?.flags]).toEqual([
        request,
        HeaderFlag.VERSION | HeaderFlag.NEED_REPLY,
      ])
      const { buffer, byteLength } = message?.payload ?? new DataView(new ArrayBuffer(0))
      const fields = [...new BigUint64Array(buffer.slice(0, byteLength))]
      const fds = message?.fds.length
      for (const fd of message?.fds ?? []) fd?.close()
      await channel.send(encodeMessage(request, HeaderFlag.VERSION | HeaderFlag.REPLY, u64(value)))
      return { fields, fds }
    }
    const device = () => served.device.frontEnd as NonNullable<EchoDevice['frontEnd']>
    const results = [
      device().map(mapping),
      device().map(mapping),
      device().unmap(mapping),
      device().configChanged(),
    ]
    expect(await answer(BackendRequest.SHMEM_MAP, 0n)).toEqual({ fields: [1n, 0n, 8192n, 4096n, 1n], fds: 1 })
    await answer(BackendRequest.SHMEM_MAP, 1n)
    expect(await answer(BackendRequest.SHMEM_UNMAP, 0n)).toEqual({
      fields: [1n, 0n, 8192n, 4096n, 0n],
      fds: 0,
    })
    await answer(BackendRequest.CONFIG_CHANGE_MSG, 0n)
    expect(await Promise.all(results)).toEqual([0, -5, 0, 0])
    // The front end answers nonsense: the channel is given up.
    const lost = [device().configChanged(), device().configChanged()]
    await channel.receive()
    await channel.send(
      encodeMessage(BackendRequest.SHMEM_MAP, HeaderFlag.VERSION | HeaderFlag.REPLY, u64(0n)),
    )
    expect(await Promise.all(lost)).toEqual([-32, -32])
    expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  })

  test('cannot ask for what was not negotiated', async () => {
    const served = serve()
    const frontEnd = served.connect()
    await frontEnd.negotiate(undefined, ~ProtocolFeature.SHMEM)
    const ends = new Int32Array(2)
    check(socketpair(ends), 'socketpair')
    await frontEnd.obeyed(Request.SET_BACKEND_REQ_FD, undefined, [ends[1] as number])
    for (const fd of ends) close(fd)
    const mapping = { shmid: 1, shmOffset: 0, length: 4096, fd: 0, fdOffset: 0, writable: false }
    expect(await served.device.frontEnd?.map(mapping)).toBe(-95)
    expect(await served.device.frontEnd?.configChanged()).toBe(-32)
  })
})

class StatefulDevice extends EchoDevice {
  fails = false

  async saveState(fd: number): Promise<void> {
    write(fd, new TextEncoder().encode('all that it knows'), 0, 17)
    if (this.fails) throw new Error('no')
  }

  async loadState(fd: number, signal: AbortSignal): Promise<void> {
    const buffer = new Uint8Array(64)
    for (;;) {
      const length = read(fd, buffer, 0, 64)
      if (length === 0) return
      if (length > 0) this.state = Uint8Array.from([...this.state, ...buffer.subarray(0, length)])
      else if (signal.aborted) throw new Error('aborted')
      else await new Promise(setImmediate)
    }
  }
}

describe('internal state', () => {
  const transfer = (direction: number, phase = 0) => {
    const payload = new Uint8Array(8)
    new Uint32Array(payload.buffer).set([direction, phase])
    return payload
  }

  test('goes out and in through pipes', async () => {
    const device = new StatefulDevice()
    const frontEnd = serve(device).connect()
    await frontEnd.negotiate()
    const [out, into] = pipe()
    const reply = await frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(0), { fds: [into] })
    close(into)
    expect(reply.payload.getBigUint64(0, true)).toBe(0x100n)
    expect(await frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(0n)
    const buffer = new Uint8Array(64)
    expect(read(out, buffer, 0, 64)).toBe(17)
    expect(read(out, buffer, 17, 40)).toBe(0)
    close(out)
    const ends = new Int32Array(2)
    check(pipe2(ends, O_NONBLOCK), 'pipe')
    const [from, to] = [ends[0] as number, ends[1] as number]
    await frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(1), { fds: [from] })
    close(from)
    write(to, buffer, 0, 17)
    expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
    close(to)
    expect(await frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(0n)
    expect(new TextDecoder().decode(device.state)).toBe('all that it knows')
    expect(await frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(1n)
  })

  test('is not moved while queues run, nor in an unknown way; failures are told', async () => {
    const device = new StatefulDevice()
    const served = serve(device)
    const { frontEnd } = await session(served)
    const [out, into] = pipe()
    cleanup(() => [out, into].map((fd) => close(fd)))
    const attempt = async (direction: number, phase: number) => {
      const reply = await frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(direction, phase), {
        fds: [into],
      })
      return reply.payload.getBigUint64(0, true)
    }
    expect(await attempt(0, 0)).toBe(0x101n)
    await frontEnd.stopQueue(0)
    expect(await attempt(2, 0)).toBe(0x101n)
    expect(await attempt(0, 1)).toBe(0x101n)
    device.fails = true
    expect(await attempt(0, 0)).toBe(0x100n)
    expect(await frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(1n)
    // A transfer that never ends is given up with the connection.
    expect(await attempt(1, 0)).toBe(0x100n)
    frontEnd.close()
    await served.ended(1)
  })
})

test('the memory table may be replaced by one without regions', async () => {
  const served = serve()
  const { frontEnd } = await session(served)
  await frontEnd.stopQueue(0)
  await frontEnd.obeyed(Request.SET_MEM_TABLE, memoryTable([]))
  expect(await frontEnd.acknowledged(Request.SET_VRING_NUM, vringState(0, 16))).toBe(0n)
  expect(served.device.calls.at(-1)).toBe('memory')
})

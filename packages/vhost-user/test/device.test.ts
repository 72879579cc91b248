import {
  check,
  close,
  EFD_NONBLOCK,
  eventfd,
  memfdCreate,
  O_NONBLOCK,
  pipe2,
  read,
  socketpair,
  write,
} from '@fb/sys'
import { DriverQueue } from '@fb/virtqueue/testing'
import { describe, expect, test } from 'vitest'
import { encodeMessage, u64 } from '../src/message.js'
import { MessageSocket } from '../src/message-socket.js'
import { BackendRequest, HeaderFlag, ProtocolFeature, Request } from '../src/protocol.js'
import { EchoDevice } from '../src/testing/index.js'
import { cleanup, serve, session } from './support.js'

function event(initial = 0): number {
  const fd = check(eventfd(initial, EFD_NONBLOCK), 'eventfd')
  cleanup(() => close(fd))
  return fd
}

function pipe(flags = 0): [number, number] {
  const ends = new Int32Array(2)
  check(pipe2(ends, flags), 'pipe')
  return [ends[0] as number, ends[1] as number]
}

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
    const [from, to] = pipe(O_NONBLOCK)
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

  test('goes through nothing that waiting could hang on', async () => {
    const frontEnd = serve(new StatefulDevice()).connect()
    await frontEnd.negotiate()
    const file = check(memfdCreate('state', 0), 'memfd_create')
    cleanup(() => close(file))
    const reply = await frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(1), { fds: [file] })
    expect(reply.payload.getBigUint64(0, true)).toBe(0x101n)
  })

  test.each(['a queue that is started', 'a reset', 'the end of the server'])(
    'is given up, or ends the connection: %s while it is under way',
    async (what) => {
      const served = serve(new StatefulDevice())
      const { frontEnd, ram } = await session(served)
      await frontEnd.stopQueue(0)
      const [out, into] = pipe(O_NONBLOCK)
      cleanup(() => [out, into].map((fd) => close(fd)))
      await frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(1), { fds: [out] })
      if (what === 'a queue that is started') {
        await expect(frontEnd.startQueue(0, new DriverQueue(ram, 16))).rejects.toThrow()
        expect(await frontEnd.closes()).toBe(true)
      } else if (what === 'a reset') {
        await frontEnd.obeyed(Request.RESET_DEVICE)
        expect(await frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(1n)
      } else {
        await frontEnd.send(Request.CHECK_DEVICE_STATE)
        await served.server.close()
      }
    },
  )
})

import { check, close, EFD_NONBLOCK, eventfd, ftruncate, memfdCreate } from '@fb/sys'
import { DriverQueue, type TestMemory } from '@fb/virtqueue/testing'
import { describe, expect, test } from 'vitest'
import { encodeMessage, u64, vringState } from '../src/message.js'
import {
  HeaderFlag,
  ProtocolFeature,
  Request,
  requestName,
  VhostFeature,
  VRING_NO_FD,
} from '../src/protocol.js'
import {
  EchoDevice,
  memoryTable,
  oneRegion,
  type TestFrontEnd,
  vringAddresses,
} from '../src/testing/index.js'
import { cleanup, echo, guest, openDescriptors, serve, session } from './support.js'

const { VERSION, REPLY, NEED_REPLY } = HeaderFlag
const NOTHING = new Uint8Array(0)

interface Stage {
  readonly frontEnd: TestFrontEnd
  readonly ram: TestMemory
  readonly event: number
  readonly driver: DriverQueue
}

interface Case {
  readonly name: string
  /** What the back end says of it. */
  readonly error: RegExp
  readonly act: (stage: Stage) => Promise<unknown>
  /** How far the session is: features only (default), running queues, or not even that. */
  readonly stage?: 'none' | 'negotiated' | 'running'
}

function message(request: number, payload: Uint8Array = NOTHING, flags: number = VERSION) {
  return async ({ frontEnd }: Stage) => frontEnd.send(request, payload, { flags })
}

function withFds(request: number, payload: Uint8Array, count: number) {
  return async ({ frontEnd, event }: Stage) =>
    frontEnd.send(request, payload, { fds: Array.from({ length: count }, () => event) })
}

function header(request: number, flags: number, size: number): Uint8Array {
  const bytes = encodeMessage(request, flags, NOTHING)
  new DataView(bytes.buffer).setUint32(8, size, true)
  return bytes
}

const region = { guestAddress: 0, size: 4096, userAddress: 0x1000, offset: 0 }
const table = (...regions: (typeof region)[]) => memoryTable(regions)
const user = (stage: Stage) => {
  const { descriptors, available, used } = stage.driver.addresses
  const at = (address: number) => stage.ram.userAddress(address)
  return { descriptors: at(descriptors), available: at(available), used: at(used) }
}
const addresses =
  (change: (right: ReturnType<typeof user>) => Partial<ReturnType<typeof user>>, flags = 0, index = 1) =>
  async (stage: Stage) => {
    await stage.frontEnd.send(Request.SET_VRING_NUM, vringState(1, 16))
    const right = user(stage)
    await stage.frontEnd.send(
      Request.SET_VRING_ADDR,
      vringAddresses(index, { ...right, ...change(right) }, flags),
    )
  }

const cases: Case[] = [
  // Headers.
  ...[0, 2, 3].map(
    (version): Case => ({
      name: `version ${version}`,
      error: new RegExp(`GET_FEATURES: version ${version}`),
      act: message(Request.GET_FEATURES, NOTHING, version),
    }),
  ),
  {
    name: 'a reply',
    error: /GET_FEATURES: is a reply/,
    act: message(Request.GET_FEATURES, NOTHING, VERSION | REPLY),
  },
  {
    name: 'an unknown flag',
    error: /unknown flags 0x80000001/,
    act: message(Request.GET_FEATURES, NOTHING, 0x8000_0001),
  },
  {
    name: 'a payload of 4 GiB',
    error: /SET_FEATURES: a payload of 4294967295 bytes/,
    act: ({ frontEnd }) => frontEnd.sendRaw(header(Request.SET_FEATURES, VERSION, 0xffff_ffff)),
  },
  {
    name: 'a header that is cut off',
    error: /header: is cut off/,
    act: async ({ frontEnd }) => {
      await frontEnd.sendRaw(header(Request.GET_FEATURES, VERSION, 0).subarray(0, 5))
      frontEnd.close()
    },
  },
  {
    name: 'a payload that is cut off',
    error: /SET_FEATURES: is cut off/,
    act: async ({ frontEnd }) => {
      await frontEnd.sendRaw(encodeMessage(Request.SET_FEATURES, VERSION, u64(0n)).subarray(0, 15))
      frontEnd.close()
    },
  },
  { name: 'an unknown request', error: /request 99: is not supported/, act: message(99) },
  { name: 'request 0', error: /request 0: is not supported/, act: message(0) },
  { name: 'the last request', error: /request 4294967295: is not supported/, act: message(0xffff_ffff) },
  ...[
    Request.SEND_RARP,
    Request.NET_SET_MTU,
    Request.IOTLB_MSG,
    Request.SET_VRING_ENDIAN,
    Request.CREATE_CRYPTO_SESSION,
    Request.CLOSE_CRYPTO_SESSION,
    Request.POSTCOPY_ADVISE,
    Request.POSTCOPY_LISTEN,
    Request.POSTCOPY_END,
    Request.GPU_SET_SOCKET,
    Request.VRING_KICK,
    Request.GET_SHARED_OBJECT,
  ].map(
    (request): Case => ({
      name: requestName(request),
      error: new RegExp(`${requestName(request)}: is not supported`),
      act: message(request, u64(0n)),
    }),
  ),

  // Sizes: every message with a byte too many, and one too few.
  ...Object.entries(Request)
    .filter(
      ([name]) =>
        !/RARP|MTU|IOTLB|ENDIAN|CRYPTO|POSTCOPY|GPU|VRING_KICK$|SHARED_OBJECT|DEVICE_STATE/.test(name),
    )
    .map(
      ([name, request]): Case => ({
        name: `${name} of 3 bytes`,
        error: new RegExp(`${name}: a payload of 3 bytes`),
        act: message(request, new Uint8Array(3)),
      }),
    ),
  ...[Request.SET_MEM_TABLE, Request.GET_CONFIG, Request.SET_CONFIG].map(
    (request): Case => ({
      name: `${requestName(request)} of 4096 bytes`,
      error: /a payload of 4096 bytes/,
      act: message(request, new Uint8Array(4096)),
    }),
  ),

  // Descriptors.
  {
    name: 'a descriptor too many',
    error: /GET_FEATURES: 1 descriptors/,
    act: withFds(Request.GET_FEATURES, NOTHING, 1),
  },
  {
    name: 'eight descriptors',
    error: /SET_FEATURES: 8 descriptors/,
    act: withFds(Request.SET_FEATURES, u64(0n), 8),
  },
  {
    name: 'nine descriptors',
    error: /more than 8 descriptors/,
    act: withFds(Request.SET_MEM_TABLE, table(), 9),
  },
  {
    name: '200 descriptors',
    error: /more than 8 descriptors/,
    act: withFds(Request.SET_MEM_TABLE, table(), 200),
  },
  {
    name: 'SET_LOG_BASE without',
    error: /SET_LOG_BASE: 0 descriptors/,
    act: message(Request.SET_LOG_BASE, new Uint8Array(16)),
  },
  {
    name: 'ADD_MEM_REG without',
    error: /ADD_MEM_REG: 0 descriptors/,
    act: message(Request.ADD_MEM_REG, oneRegion(region)),
  },
  {
    name: 'ADD_MEM_REG with two',
    error: /ADD_MEM_REG: 2 descriptors/,
    act: withFds(Request.ADD_MEM_REG, oneRegion(region), 2),
  },
  { name: 'SET_BACKEND_REQ_FD without', error: /0 descriptors/, act: message(Request.SET_BACKEND_REQ_FD) },
  {
    name: 'SET_INFLIGHT_FD without',
    error: /0 descriptors/,
    act: message(Request.SET_INFLIGHT_FD, new Uint8Array(24)),
  },
  {
    name: 'descriptors that come with the payload',
    error: /did not come with its first byte/,
    act: async ({ frontEnd, event }) => {
      const bytes = encodeMessage(Request.SET_MEM_TABLE, VERSION, table(region))
      await frontEnd.sendRaw(bytes.subarray(0, 12))
      await frontEnd.sendRaw(bytes.subarray(12), [event])
    },
  },
  {
    name: 'descriptors in the middle of a header',
    error: /did not come with its first byte/,
    act: async ({ frontEnd, event }) => {
      const bytes = encodeMessage(Request.SET_MEM_TABLE, VERSION, table(region))
      await frontEnd.sendRaw(bytes.subarray(0, 4))
      // Read together, they would belong to the first byte.
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
      await frontEnd.sendRaw(bytes.subarray(4), [event])
    },
  },

  // Order and negotiation.
  ...[
    [Request.SET_VRING_NUM, vringState(0, 16)],
    [Request.SET_VRING_BASE, vringState(0, 0)],
    [Request.GET_VRING_BASE, vringState(0, 0)],
    [Request.SET_VRING_ADDR, new Uint8Array(40)],
    [Request.SET_VRING_KICK, u64(VRING_NO_FD)],
    [Request.SET_VRING_ENABLE, vringState(0, 1)],
  ].map(
    ([request, payload]): Case => ({
      name: `${requestName(request as number)} before SET_FEATURES`,
      error: /came before SET_FEATURES/,
      stage: 'none',
      act: message(request as number, payload as Uint8Array),
    }),
  ),
  ...[
    Request.GET_CONFIG,
    Request.GET_INFLIGHT_FD,
    Request.RESET_DEVICE,
    Request.GET_MAX_MEM_SLOTS,
    Request.GET_STATUS,
    Request.GET_SHMEM_CONFIG,
  ].map(
    (request): Case => ({
      name: `${requestName(request)} that was not negotiated`,
      error: /was not negotiated/,
      stage: 'none',
      act: message(request),
    }),
  ),
  {
    name: 'features that were not offered',
    error: /SET_FEATURES: features 0x8000000000000001 were not offered/,
    act: message(Request.SET_FEATURES, u64(0x8000_0000_0000_0001n)),
  },
  {
    name: 'protocol features that were not offered',
    error: /RARP, INBAND_NOTIFICATIONS, BIT_63 were not offered/,
    act: message(
      Request.SET_PROTOCOL_FEATURES,
      u64(ProtocolFeature.RARP | ProtocolFeature.INBAND_NOTIFICATIONS | (1n << 63n)),
    ),
  },
  {
    name: 'a protocol feature without what it needs',
    error: /BACKEND_SEND_FD without BACKEND_REQ/,
    act: message(Request.SET_PROTOCOL_FEATURES, u64(ProtocolFeature.BACKEND_SEND_FD)),
  },
  {
    name: 'features changed under a queue',
    error: /changes features of queues that run/,
    stage: 'running',
    act: message(Request.SET_FEATURES, u64(VhostFeature.PROTOCOL_FEATURES)),
  },

  // Memory.
  ...[9, 100, 0xffff_ffff].map(
    (count): Case => ({
      name: `${count} regions`,
      error: new RegExp(`SET_MEM_TABLE: ${count} regions`),
      act: async (stage) => {
        const payload = table(region)
        new DataView(payload.buffer).setUint32(0, count, true)
        await withFds(Request.SET_MEM_TABLE, payload, 1)(stage)
      },
    }),
  ),
  {
    name: 'two regions and one descriptor',
    error: /1 descriptors for 2 regions/,
    act: withFds(Request.SET_MEM_TABLE, table(region, { ...region, guestAddress: 4096 }), 1),
  },
  {
    name: 'a payload for another number of regions',
    error: /bytes for 1 regions/,
    act: async (stage) => {
      const payload = table(region, region)
      new DataView(payload.buffer).setUint32(0, 1, true)
      await withFds(Request.SET_MEM_TABLE, payload, 1)(stage)
    },
  },
  ...(
    [
      [{ ...region, guestAddress: 100 }, /guestAddress 100 is not a multiple/],
      [{ ...region, size: 0 }, /is empty/],
      [{ ...region, size: 2 ** 52, guestAddress: 2 ** 53 - 4096 }, /ends above 2\^53/],
      [{ ...region, userAddress: 2 ** 60 }, /the user address is not below 2\^53/],
      [{ ...region, size: 2 ** 63 }, /the size is not below 2\^53/],
      [{ ...region, offset: 2 ** 62 }, /the mmap offset is not below 2\^53/],
      [region, /cannot be mapped: EINVAL/],
    ] as [typeof region, RegExp][]
  ).map(
    ([one, error]): Case => ({
      name: `a region ${JSON.stringify(one)}`,
      error,
      act: withFds(Request.SET_MEM_TABLE, table(one), 1),
    }),
  ),
  {
    name: 'regions that overlap',
    error: /overlaps region 0/,
    act: async ({ frontEnd, ram }) => {
      const fd = ram.regions[0]?.fd ?? -1
      await frontEnd.send(
        Request.SET_MEM_TABLE,
        table({ ...region, size: 8192 }, { ...region, guestAddress: 4096 }),
        { fds: [fd, fd] },
      )
    },
  },
  {
    name: 'a region beyond the end of its file',
    error: /cannot be mapped: ENXIO/,
    act: async ({ frontEnd, ram }) =>
      frontEnd.send(Request.ADD_MEM_REG, oneRegion({ ...region, size: 2 ** 40 }), {
        fds: [ram.regions[0]?.fd ?? -1],
      }),
  },
  {
    name: 'a region to remove that is not there',
    error: /there is no such region/,
    act: message(Request.REM_MEM_REG, oneRegion(region)),
  },

  // Queues.
  ...[0, 3, 17, 2048, 65536, 0xffff_ffff].map(
    (size): Case => ({
      name: `a queue of ${size} descriptors`,
      error: new RegExp(`SET_VRING_NUM: ${size} descriptors`),
      act: message(Request.SET_VRING_NUM, vringState(0, size)),
    }),
  ),
  ...[4, 255, 0xffff_ffff].map(
    (index): Case => ({
      name: `queue ${index}`,
      error: new RegExp(`queue ${index} of 4`),
      act: message(Request.SET_VRING_BASE, vringState(index, 0)),
    }),
  ),
  ...[Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR].flatMap((request): Case[] => [
    {
      name: `${requestName(request)} of queue 255`,
      error: /queue 255 of 4/,
      act: withFds(request, u64(255n), 1),
    },
    {
      name: `${requestName(request)} with unknown bits`,
      error: /unknown bits 0x8000000000000200/,
      act: withFds(request, u64(0x8000_0000_0000_0200n), 1),
    },
    { name: `${requestName(request)} without`, error: /no descriptor/, act: withFds(request, u64(0n), 0) },
    {
      name: `${requestName(request)} with one although it says none`,
      error: /although it says none/,
      act: withFds(request, u64(VRING_NO_FD), 1),
    },
    { name: `${requestName(request)} with two`, error: /2 descriptors/, act: withFds(request, u64(0n), 2) },
  ]),
  {
    name: 'a base beyond 16 bits',
    error: /base 65536/,
    act: message(Request.SET_VRING_BASE, vringState(0, 65536)),
  },
  {
    name: 'a size while the queue runs',
    error: /SET_VRING_NUM: queue 0 is running/,
    stage: 'running',
    act: message(Request.SET_VRING_NUM, vringState(0, 8)),
  },
  {
    name: 'a base while the queue runs',
    error: /SET_VRING_BASE: queue 0 is running/,
    stage: 'running',
    act: message(Request.SET_VRING_BASE, vringState(0, 8)),
  },
  {
    name: 'addresses while the queue runs',
    error: /SET_VRING_ADDR: queue 0 is running/,
    stage: 'running',
    act: addresses(() => ({ used: 0x7f00_0000_0000 }), 0, 0),
  },
  {
    name: 'neither enabled nor disabled',
    error: /2 is neither 0 nor 1/,
    act: message(Request.SET_VRING_ENABLE, vringState(0, 2)),
  },
  {
    name: 'a kick before size and addresses',
    error: /no size or no addresses/,
    act: withFds(Request.SET_VRING_KICK, u64(1n), 1),
  },
  {
    name: 'addresses before memory',
    error: /came before guest memory/,
    act: message(Request.SET_VRING_ADDR, vringAddresses(0, { descriptors: 0, available: 0, used: 0 })),
  },
  {
    name: 'addresses outside memory',
    error: /queue 1 is not in guest memory/,
    stage: 'running',
    act: addresses(() => ({ used: 0x1000 })),
  },
  {
    name: 'guest addresses instead of user addresses',
    error: /queue 1 is not in guest memory/,
    stage: 'running',
    act: addresses(() => ({ descriptors: 0, available: 4096, used: 8192 })),
  },
  {
    name: 'a descriptor table at an odd address',
    error: /descriptor table \d+ is not at a multiple of 16/,
    stage: 'running',
    act: addresses((right) => ({ descriptors: right.descriptors + 8 })),
  },
  {
    name: 'an available ring at an odd address',
    error: /available ring \d+ is not at a multiple of 2/,
    stage: 'running',
    act: addresses((right) => ({ available: right.available + 1 })),
  },
  {
    name: 'a used ring at an odd address',
    error: /used ring \d+ is not at a multiple of 4/,
    stage: 'running',
    act: addresses((right) => ({ used: right.used + 2 })),
  },
  {
    name: 'unknown address flags',
    error: /unknown flags 0x2/,
    stage: 'running',
    act: addresses(() => ({}), 2),
  },

  // Areas and the device.
  ...(
    [
      [0, 0, /an area of 0 bytes/],
      [2 ** 33, 0, /an area of 8589934592 bytes/],
      [64, 4, /an area at offset 4/],
      [2 ** 60, 0, /not below 2\^53/],
      [64, 0, /cannot be mapped: EINVAL/],
    ] as [number, number, RegExp][]
  ).map(
    ([size, offset, error]): Case => ({
      name: `a log of ${size} bytes at ${offset}`,
      error,
      act: withFds(
        Request.SET_LOG_BASE,
        new Uint8Array(BigUint64Array.of(BigInt(size), BigInt(offset)).buffer),
        1,
      ),
    }),
  ),
  ...(
    [
      [0, 16, /0 queues/],
      [5, 16, /5 queues/],
      [0xffff, 16, /65535 queues/],
      [1, 0, /queues of 0 descriptors/],
      [1, 15, /queues of 15 descriptors/],
      [1, 2048, /queues of 2048 descriptors/],
    ] as [number, number, RegExp][]
  ).map(
    ([queues, size, error]): Case => ({
      name: `in-flight regions of ${queues} queues of ${size}`,
      error,
      act: async (stage) => {
        const payload = new Uint8Array(24)
        new Uint16Array(payload.buffer).set([queues, size], 8)
        await message(Request.GET_INFLIGHT_FD, payload)(stage)
      },
    }),
  ),
  {
    name: 'in-flight regions that are too short',
    error: /64 bytes where 320 are needed/,
    act: async (stage) => {
      const payload = new Uint8Array(24)
      const view = new DataView(payload.buffer)
      view.setBigUint64(0, 64n, true)
      view.setUint16(16, 1, true)
      view.setUint16(18, 16, true)
      await withFds(Request.SET_INFLIGHT_FD, payload, 1)(stage)
    },
  },
  {
    name: 'a configuration access of another size than its contents',
    error: /20 bytes of payload for 9 of contents/,
    act: async (stage) => {
      const payload = new Uint8Array(20)
      new Uint32Array(payload.buffer, 0, 3).set([0, 9, 0])
      await message(Request.GET_CONFIG, payload)(stage)
    },
  },
  { name: 'a status beyond 8 bits', error: /status 256/, act: message(Request.SET_STATUS, u64(256n)) },
]

describe('a connection ends, and only it, with', () => {
  test.each(cases)('$name', async ({ act, error, stage = 'negotiated' }) => {
    const served = serve()
    const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
    cleanup(() => close(event))
    let actors: Stage
    if (stage === 'running') {
      actors = { ...(await session(served)), event }
    } else {
      const frontEnd = served.connect()
      const ram = guest()
      if (stage === 'negotiated') await frontEnd.negotiate()
      actors = { frontEnd, ram, event, driver: new DriverQueue(ram, 16) }
    }
    await act(actors)
    await served.ended(1)
    expect(served.ends[0]?.message).toMatch(error)
    const next = await session(served)
    expect(await echo(next.queue, next.ram, 'next')).toBe('next')
  })
})

test('what is refused is acknowledged as such, and the session goes on', async () => {
  const served = serve()
  const { frontEnd, ram, queue } = await session(served)
  for (const request of [Request.SEND_RARP, Request.NET_SET_MTU, Request.SET_VRING_ENDIAN, 77]) {
    expect(await frontEnd.acknowledged(request, u64(0n))).toBe(1n)
  }
  const fd = check(memfdCreate('small', 0), 'memfd')
  cleanup(() => close(fd))
  ftruncate(fd, 4096)
  const far = { ...region, guestAddress: 2 ** 40, size: 8192 }
  expect(await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion(far), [fd])).toBe(1n)
  expect(await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion({ ...far, size: 4096 }), [fd])).toBe(0n)
  expect(await echo(queue, ram, 'still here')).toBe('still here')
  expect(served.ends).toEqual([])
  // A violation is acknowledged, too, and then the connection ends.
  expect(await frontEnd.acknowledged(Request.SET_VRING_BASE, vringState(9, 0))).toBe(1n)
  expect(await frontEnd.closes()).toBe(true)
})

test('nothing is acknowledged that was not asked for, or before it was negotiated', async () => {
  const frontEnd = serve().connect()
  await frontEnd.send(Request.SET_OWNER, NOTHING, { flags: VERSION | NEED_REPLY })
  await frontEnd.negotiate()
  await frontEnd.send(Request.SET_OWNER)
  await frontEnd.obeyed(Request.SET_OWNER)
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
})

test('a message in many pieces is a message', async () => {
  const frontEnd = serve().connect()
  const bytes = encodeMessage(Request.SET_PROTOCOL_FEATURES, VERSION, u64(ProtocolFeature.REPLY_ACK))
  for (const byte of bytes) {
    await frontEnd.sendRaw(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
  await frontEnd.obeyed(Request.SET_OWNER)
})

test('a front end that does not read its replies makes nobody wait but itself', async () => {
  const served = serve()
  const other = serve()
  const deaf = served.connect()
  let sent = 0
  const flood = async () => {
    for (; sent < 50_000; sent += 1) await deaf.send(Request.GET_FEATURES)
  }
  const flooding = flood().catch(() => {})
  const { ram, queue } = await session(other)
  for (let i = 0; i < 50; i += 1) expect(await echo(queue, ram, `${i}`)).toBe(`${i}`)
  deaf.close()
  await flooding
  await served.ended(1)
  const next = await session(served)
  expect(await echo(next.queue, next.ram, 'next')).toBe('next')
})

test('messages as fast as they can come leave the event loop its turns', async () => {
  const served = serve()
  const frontEnd = served.connect()
  const many = new Uint8Array(12 * 1000)
  for (let i = 0; i < 1000; i += 1) many.set(encodeMessage(Request.SET_OWNER, VERSION, NOTHING), 12 * i)
  await frontEnd.sendRaw(many)
  let turns = 0
  let ended = false
  const answer = frontEnd.requestNumber(Request.GET_QUEUE_NUM).then((value) => {
    ended = true
    return value
  })
  while (!ended) {
    await new Promise(setImmediate)
    turns += 1
  }
  expect(await answer).toBe(4n)
  expect(turns).toBeGreaterThan(1000 / 16 - 2)
})

test('a device that fails ends the connection, and the next one is served', async () => {
  class Failing extends EchoDevice {
    fails = true
    override startQueue(...args: Parameters<EchoDevice['startQueue']>): void {
      if (this.fails) throw new Error('the device is out of order')
      super.startQueue(...args)
    }
  }
  const device = new Failing()
  const served = serve(device)
  await expect(session(served)).rejects.toThrow()
  await served.ended(1)
  expect(served.ends[0]?.message).toBe('the device is out of order')
  device.fails = false
  const next = await session(served)
  expect(await echo(next.queue, next.ram, 'next')).toBe('next')
})

test('descriptors of malformed messages are closed', async () => {
  const served = serve()
  const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
  cleanup(() => close(event))
  const warm = served.connect()
  await warm.negotiate()
  warm.close()
  await served.ended(1)
  const before = openDescriptors()
  let ends = 1
  for (const count of [1, 2, 8, 9, 100]) {
    for (const request of [
      Request.SET_MEM_TABLE,
      Request.GET_FEATURES,
      Request.ADD_MEM_REG,
      Request.SET_LOG_BASE,
      Request.SET_VRING_CALL,
      99,
    ]) {
      const frontEnd = served.connect()
      await frontEnd.negotiate()
      await frontEnd.send(request, new Uint8Array(request === Request.SET_VRING_CALL ? 8 : 40), {
        fds: Array.from({ length: count }, () => event),
      })
      if (request === Request.SET_VRING_CALL && count === 1) frontEnd.close()
      await frontEnd.closes().catch(() => {})
      frontEnd.close()
      ends += 1
      await served.ended(ends)
    }
  }
  expect(openDescriptors()).toBe(before)
})

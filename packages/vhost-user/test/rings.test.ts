import { describe } from 'vitest'
import { u64, vringState } from '../src/message.js'
import { Request, requestName, VRING_NO_FD } from '../src/protocol.js'
import { vringAddresses } from '../src/testing/index.js'

import { addresses, type Case, endsConnections, message, withFds } from './violation.js'

const cases: Case[] = [
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
      error: new RegExp(`queue ${index}, and there are 4`),
      act: message(Request.SET_VRING_BASE, vringState(index, 0)),
    }),
  ),
  ...[Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR].flatMap((request): Case[] => [
    {
      name: `${requestName(request)} of queue 255`,
      error: /queue 255, and there are 4/,
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

describe('a connection ends, and only it, with', () => endsConnections(cases))

import { describe } from 'vitest'
import { u64, vringState } from '../src/message.js'
import { ProtocolFeature, Request, requestName, VhostFeature, VRING_NO_FD } from '../src/protocol.js'
import { oneRegion } from '../src/testing/index.js'

import { type Case, endsConnections, message, region, table, withFds } from './violation.js'

const cases: Case[] = [
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
]

describe('a connection ends, and only it, with', () => endsConnections(cases))

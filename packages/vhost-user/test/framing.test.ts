import { describe } from 'vitest'
import { encodeMessage, u64 } from '../src/message.js'
import { Request, requestName } from '../src/protocol.js'
import { oneRegion } from '../src/testing/index.js'

import {
  type Case,
  endsConnections,
  header,
  message,
  NOTHING,
  REPLY,
  region,
  table,
  VERSION,
  withFds,
} from './violation.js'

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
]

describe('a connection ends, and only it, with', () => endsConnections(cases))

import { ProtocolViolation, Refusal } from './errors.js'
import type { Message } from './message.js'
import { MAX_CONFIG_BYTES, ProtocolFeature, Request, requestName } from './protocol.js'

/** Bytes of one region in a memory table, and of what stands before the first. */
export const REGION_BYTES = 32
export const TABLE_HEADER_BYTES = 8
/** Most regions of SET_MEM_TABLE. */
export const TABLE_REGIONS = 8
/** Bytes of "Virtio device config space" before the contents. */
export const CONFIG_HEADER_BYTES = 12
/** "Inflight description": 20 bytes, which C pads to 24. */
const INFLIGHT_BYTES = 20
const PADDED_INFLIGHT_BYTES = 24

/** What a message must look like before anybody looks into it. */
interface Rule {
  /** Least and most bytes of payload. */
  readonly payload: readonly [number, number]
  /** Least and most descriptors. */
  readonly fds: readonly [number, number]
  /** Protocol feature that must have been negotiated. */
  readonly feature?: bigint
  /** SET_FEATURES must have come before. */
  readonly configured?: true
}

const EMPTY = [0, 0] as const
const U64 = [8, 8] as const
const VRING_STATE = [8, 8] as const
const VRING_ADDRESS = [40, 40] as const
const ONE_REGION = [8 + REGION_BYTES, 8 + REGION_BYTES] as const
const INFLIGHT = [INFLIGHT_BYTES, PADDED_INFLIGHT_BYTES] as const
const CONFIG = [CONFIG_HEADER_BYTES, CONFIG_HEADER_BYTES + MAX_CONFIG_BYTES] as const
const NONE = [0, 0] as const
const ONE = [1, 1] as const
const OPTIONAL = [0, 1] as const

/**
 * The messages that are understood (vhost-user, "Front-end message types"). SET_VRING_CALL and SET_VRING_ERR come before
 * SET_FEATURES from QEMU, hence no order is asked of them.
 */
const rules = new Map<number, Rule>([
  [Request.GET_FEATURES, { payload: EMPTY, fds: NONE }],
  [Request.SET_FEATURES, { payload: U64, fds: NONE }],
  [Request.SET_OWNER, { payload: EMPTY, fds: NONE }],
  [Request.RESET_OWNER, { payload: EMPTY, fds: NONE }],
  [
    Request.SET_MEM_TABLE,
    {
      payload: [TABLE_HEADER_BYTES, TABLE_HEADER_BYTES + TABLE_REGIONS * REGION_BYTES],
      fds: [0, TABLE_REGIONS],
    },
  ],
  [Request.SET_LOG_BASE, { payload: [16, 16], fds: ONE, feature: ProtocolFeature.LOG_SHMFD }],
  [Request.SET_LOG_FD, { payload: EMPTY, fds: ONE }],
  [Request.SET_VRING_NUM, { payload: VRING_STATE, fds: NONE, configured: true }],
  [Request.SET_VRING_ADDR, { payload: VRING_ADDRESS, fds: NONE, configured: true }],
  [Request.SET_VRING_BASE, { payload: VRING_STATE, fds: NONE, configured: true }],
  [Request.GET_VRING_BASE, { payload: VRING_STATE, fds: NONE, configured: true }],
  [Request.SET_VRING_KICK, { payload: U64, fds: OPTIONAL, configured: true }],
  [Request.SET_VRING_CALL, { payload: U64, fds: OPTIONAL }],
  [Request.SET_VRING_ERR, { payload: U64, fds: OPTIONAL }],
  [Request.GET_PROTOCOL_FEATURES, { payload: EMPTY, fds: NONE }],
  [Request.SET_PROTOCOL_FEATURES, { payload: U64, fds: NONE }],
  [Request.GET_QUEUE_NUM, { payload: EMPTY, fds: NONE }],
  [Request.SET_VRING_ENABLE, { payload: VRING_STATE, fds: NONE, configured: true }],
  [Request.SET_BACKEND_REQ_FD, { payload: EMPTY, fds: ONE, feature: ProtocolFeature.BACKEND_REQ }],
  [Request.GET_CONFIG, { payload: CONFIG, fds: NONE, feature: ProtocolFeature.CONFIG }],
  [Request.SET_CONFIG, { payload: CONFIG, fds: NONE, feature: ProtocolFeature.CONFIG }],
  [Request.GET_INFLIGHT_FD, { payload: INFLIGHT, fds: NONE, feature: ProtocolFeature.INFLIGHT_SHMFD }],
  [Request.SET_INFLIGHT_FD, { payload: INFLIGHT, fds: ONE, feature: ProtocolFeature.INFLIGHT_SHMFD }],
  [Request.RESET_DEVICE, { payload: EMPTY, fds: NONE, feature: ProtocolFeature.RESET_DEVICE }],
  [Request.GET_MAX_MEM_SLOTS, { payload: EMPTY, fds: NONE, feature: ProtocolFeature.CONFIGURE_MEM_SLOTS }],
  [Request.ADD_MEM_REG, { payload: ONE_REGION, fds: ONE, feature: ProtocolFeature.CONFIGURE_MEM_SLOTS }],
  // Some front ends send a descriptor although none is needed; it is closed.
  [Request.REM_MEM_REG, { payload: ONE_REGION, fds: OPTIONAL, feature: ProtocolFeature.CONFIGURE_MEM_SLOTS }],
  [Request.SET_STATUS, { payload: U64, fds: NONE, feature: ProtocolFeature.STATUS }],
  [Request.GET_STATUS, { payload: EMPTY, fds: NONE, feature: ProtocolFeature.STATUS }],
  [Request.SET_DEVICE_STATE_FD, { payload: [8, 8], fds: ONE, feature: ProtocolFeature.DEVICE_STATE }],
  [Request.CHECK_DEVICE_STATE, { payload: EMPTY, fds: NONE, feature: ProtocolFeature.DEVICE_STATE }],
  [Request.GET_SHMEM_CONFIG, { payload: EMPTY, fds: NONE, feature: ProtocolFeature.SHMEM }],
])

function outside([least, most]: readonly [number, number], value: number): boolean {
  return value < least || value > most
}

/**
 * Checks size, descriptors and order of a message.
 * @param protocolFeatures - those that were negotiated
 * @param configured - whether SET_FEATURES came
 * @throws ProtocolViolation it is malformed or too early
 * @throws Refusal it is not supported, or needs a feature that was not negotiated
 */
export function checkMessage(message: Message, protocolFeatures: bigint, configured: boolean): void {
  const name = requestName(message.request)
  const rule = rules.get(message.request)
  if (rule === undefined) throw new Refusal(name, 'is not supported')
  if (rule.feature !== undefined && (protocolFeatures & rule.feature) === 0n) {
    throw new Refusal(name, 'needs a protocol feature that was not negotiated')
  }
  const { byteLength } = message.payload
  if (outside(rule.payload, byteLength)) throw new ProtocolViolation(name, `a payload of ${byteLength} bytes`)
  if (outside(rule.fds, message.fds.length))
    throw new ProtocolViolation(name, `${message.fds.length} descriptors`)
  if (rule.configured && !configured) throw new ProtocolViolation(name, 'came before SET_FEATURES')
}

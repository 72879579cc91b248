/** Requests of the front end (vhost-user, "Front-end message types"). */
export const Request = {
  GET_FEATURES: 1,
  SET_FEATURES: 2,
  SET_OWNER: 3,
  RESET_OWNER: 4,
  SET_MEM_TABLE: 5,
  SET_LOG_BASE: 6,
  SET_LOG_FD: 7,
  SET_VRING_NUM: 8,
  SET_VRING_ADDR: 9,
  SET_VRING_BASE: 10,
  GET_VRING_BASE: 11,
  SET_VRING_KICK: 12,
  SET_VRING_CALL: 13,
  SET_VRING_ERR: 14,
  GET_PROTOCOL_FEATURES: 15,
  SET_PROTOCOL_FEATURES: 16,
  GET_QUEUE_NUM: 17,
  SET_VRING_ENABLE: 18,
  SEND_RARP: 19,
  NET_SET_MTU: 20,
  SET_BACKEND_REQ_FD: 21,
  IOTLB_MSG: 22,
  SET_VRING_ENDIAN: 23,
  GET_CONFIG: 24,
  SET_CONFIG: 25,
  CREATE_CRYPTO_SESSION: 26,
  CLOSE_CRYPTO_SESSION: 27,
  POSTCOPY_ADVISE: 28,
  POSTCOPY_LISTEN: 29,
  POSTCOPY_END: 30,
  GET_INFLIGHT_FD: 31,
  SET_INFLIGHT_FD: 32,
  GPU_SET_SOCKET: 33,
  RESET_DEVICE: 34,
  VRING_KICK: 35,
  GET_MAX_MEM_SLOTS: 36,
  ADD_MEM_REG: 37,
  REM_MEM_REG: 38,
  SET_STATUS: 39,
  GET_STATUS: 40,
  GET_SHARED_OBJECT: 41,
  SET_DEVICE_STATE_FD: 42,
  CHECK_DEVICE_STATE: 43,
  GET_SHMEM_CONFIG: 44,
} as const

/** Requests of the back end (vhost-user, "Back-end message types"). */
export const BackendRequest = {
  IOTLB_MSG: 1,
  CONFIG_CHANGE_MSG: 2,
  VRING_HOST_NOTIFIER_MSG: 3,
  VRING_CALL: 4,
  VRING_ERR: 5,
  SHARED_OBJECT_ADD: 6,
  SHARED_OBJECT_REMOVE: 7,
  SHARED_OBJECT_LOOKUP: 8,
  SHMEM_MAP: 9,
  SHMEM_UNMAP: 10,
} as const

/** Protocol features as bits (vhost-user, "Protocol features"). */
export const ProtocolFeature = {
  MQ: 1n << 0n,
  LOG_SHMFD: 1n << 1n,
  RARP: 1n << 2n,
  REPLY_ACK: 1n << 3n,
  NET_MTU: 1n << 4n,
  BACKEND_REQ: 1n << 5n,
  CROSS_ENDIAN: 1n << 6n,
  CRYPTO_SESSION: 1n << 7n,
  PAGEFAULT: 1n << 8n,
  CONFIG: 1n << 9n,
  BACKEND_SEND_FD: 1n << 10n,
  HOST_NOTIFIER: 1n << 11n,
  INFLIGHT_SHMFD: 1n << 12n,
  RESET_DEVICE: 1n << 13n,
  INBAND_NOTIFICATIONS: 1n << 14n,
  CONFIGURE_MEM_SLOTS: 1n << 15n,
  STATUS: 1n << 16n,
  XEN_MMAP: 1n << 17n,
  SHARED_OBJECT: 1n << 18n,
  DEVICE_STATE: 1n << 19n,
  GET_VRING_BASE_INFLIGHT: 1n << 20n,
  GPA_ADDRESSES: 1n << 21n,
  SHMEM: 1n << 22n,
} as const

/** Bits among the virtio features that belong to vhost itself. */
export const VhostFeature = {
  /** The back end marks what it writes (VHOST_F_LOG_ALL). */
  LOG_ALL: 1n << 26n,
  /** There are protocol features (VHOST_USER_F_PROTOCOL_FEATURES). */
  PROTOCOL_FEATURES: 1n << 30n,
} as const

/** Bytes of the header: request, flags, size of the payload, 32 bits each. */
export const HEADER_BYTES = 12
/** Most bytes of a payload; none that is defined is longer. */
export const MAX_PAYLOAD_BYTES = 4096
/** Most descriptors that come with a message. */
export const MAX_MESSAGE_FDS = 8

/** Flags in a header (vhost-user, "Header"). */
export const HeaderFlag = {
  VERSION_MASK: 0x3,
  VERSION: 0x1,
  REPLY: 0x4,
  NEED_REPLY: 0x8,
} as const

/** In the payload of SET_VRING_KICK, CALL and ERR: the index, and that no descriptor came. */
export const VRING_INDEX_MASK = 0xffn
export const VRING_NO_FD = 0x100n

/** In the reply to SET_DEVICE_STATE_FD: no descriptor comes back. */
export const STATE_NO_FD = 0x100n

/** In SET_VRING_ADDR: writes to the used ring are marked, too (VHOST_VRING_F_LOG). */
export const VRING_LOG = 1

/** Most bytes of a device's configuration space that one message carries. */
export const MAX_CONFIG_BYTES = 256

/** Shared memory regions of a device, as GET_SHMEM_CONFIG lists them. */
export const SHMEM_REGIONS = 256

const requestNames = new Map<number, string>(Object.entries(Request).map(([name, id]) => [id, name]))

/** The name of a request of the front end, without VHOST_USER_; `request 99` for one that is not known. */
export function requestName(id: number): string {
  return requestNames.get(id) ?? `request ${id}`
}

/** Names of the protocol features in a set, lowest first; `BIT_<n>` for those that are not known. */
export function protocolFeatureNames(features: bigint): string[] {
  const known = new Map(Object.entries(ProtocolFeature).map(([name, bit]) => [bit, name]))
  const names: string[] = []
  for (let bit = 0n; features >> bit !== 0n; bit += 1n) {
    if (((features >> bit) & 1n) === 1n) names.push(known.get(1n << bit) ?? `BIT_${bit}`)
  }
  return names
}

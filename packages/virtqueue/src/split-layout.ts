/**
 * Feature bits of the ring, as numbers of bits (virtio 1.2, 6 "Reserved Feature Bits").
 */
export const RingFeature = {
  /** Descriptors may lie in tables of their own. */
  INDIRECT_DESC: 28,
  /** Both sides say at which index they want to be notified. */
  EVENT_IDX: 29,
  /** Little-endian, no legacy interface. */
  VERSION_1: 32,
} as const

/** Flags of a descriptor (virtio 1.2, 2.7.5, `struct virtq_desc`). */
export const DescriptorFlag = {
  /** Another descriptor follows, in `next`. */
  NEXT: 1,
  /** The device may write to the buffer, and must not read it. */
  WRITE: 2,
  /** The buffer holds a table of descriptors. */
  INDIRECT: 4,
} as const

/** `flags` of the available ring: the driver needs no call (VIRTQ_AVAIL_F_NO_INTERRUPT; virtio 1.2, 2.7.6). */
export const AVAILABLE_NO_INTERRUPT = 1
/** `flags` of the used ring: the device needs no kick (VIRTQ_USED_F_NO_NOTIFY; virtio 1.2, 2.7.8). */
export const USED_NO_NOTIFY = 1

/** Bytes of a descriptor: address (8), length (4), flags (2), next (2). */
export const DESCRIPTOR_BYTES = 16
/** Most descriptors of a queue, a power of two (virtio 1.2, 2.7). */
export const MAX_QUEUE_SIZE = 32768

/** Bytes of the descriptor table of a queue. */
export function descriptorTableBytes(size: number): number {
  return DESCRIPTOR_BYTES * size
}

/** Bytes of the available ring: flags, index, one entry of 2 bytes per descriptor, used_event. */
export function availableRingBytes(size: number): number {
  return 6 + 2 * size
}

/** Bytes of the used ring: flags, index, one entry of 8 bytes per descriptor, avail_event. */
export function usedRingBytes(size: number): number {
  return 6 + 8 * size
}

/** Whether a queue can have this many descriptors. */
export function isQueueSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= MAX_QUEUE_SIZE && (size & (size - 1)) === 0
}

/**
 * The device side of virtio's split queues over guest memory that another process shares.
 *
 * Knows no device and no transport. Neither the driver nor the process that shares the memory is trusted: nothing that
 * they write crashes, hangs or spins, reaches a byte outside the mapped regions, or takes memory without bound.
 *
 * @packageDocumentation
 */
export { Chain } from './chain.js'
export { DirtyLog } from './dirty-log.js'
export { GuestMemory, type Span } from './guest-memory.js'
export { InflightQueue, inflightQueueBytes } from './inflight.js'
export { GuestMemoryError, type GuestRegion, MAX_REGIONS, REGION_ALIGNMENT } from './region.js'
export {
  AVAILABLE_NO_INTERRUPT,
  availableRingBytes,
  DESCRIPTOR_BYTES,
  DescriptorFlag,
  descriptorTableBytes,
  isQueueSize,
  MAX_QUEUE_SIZE,
  RingFeature,
  USED_NO_NOTIFY,
  usedRingBytes,
} from './split-layout.js'
export type { RingAddresses } from './split-ring.js'
export { type QueueCounters, type QueueLog, Virtqueue, type VirtqueueOptions } from './virtqueue.js'

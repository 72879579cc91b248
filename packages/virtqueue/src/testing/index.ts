/**
 * The other side of a queue, for tests: memory of a guest that does not exist, and a driver in it.
 *
 * @packageDocumentation
 */
export {
  type DriverBuffer,
  DriverQueue,
  type DriverQueueOptions,
  type RawDescriptor,
  type UsedElement,
  writeDescriptor,
} from './driver-queue.js'
export { Random } from './random.js'
export { TestMemory, type TestRegion } from './test-memory.js'

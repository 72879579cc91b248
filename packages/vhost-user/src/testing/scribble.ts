import type { DriverQueue, Random } from '@fb/virtqueue/testing'

/** Descriptors written at a time. */
const DESCRIPTORS = 4
/** Bytes in which buffers begin, at pages. */
const PAGES = 2048
const PAGE = 4096

/** Writes over a queue as no sound driver does: descriptors, heads and the index, each of them most likely nearly sound. */
export function scribble(driver: DriverQueue, random: Random): void {
  const { available } = driver.addresses
  for (let i = 0; i < DESCRIPTORS; i += 1) {
    driver.describe(random.below(driver.size), {
      address: BigInt(PAGE * random.below(PAGES)) | (random.once(10) ? BigInt(random.word()) << 32n : 0n),
      length: random.once(10) ? random.word() : random.below(9000),
      flags: random.below(8),
      next: random.once(10) ? random.word() & 0xffff : random.below(driver.size),
    })
  }
  const ring = driver.memory.view(available, 6 + 2 * driver.size)
  for (let i = 0; i < driver.size; i += 1) {
    ring.setUint16(4 + 2 * i, random.once(60) ? random.word() & 0xffff : random.below(driver.size), true)
  }
  driver.setAvailableIndex(random.once(30) ? random.word() : driver.usedIndex + random.below(5))
}

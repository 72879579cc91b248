/** A test that attacks one part of what serves guests, as often as FB_ATTACK_INPUTS says (`Attack` of `@fb/testbed`). */
export interface Attack {
  /** Folder of the package whose test it is, from the root. */
  readonly folder: string
  readonly file: string
  /** Pattern of the test's name. */
  readonly test: string
  /** Part of all inputs that are sent here. */
  readonly share: number
}

const daemon = { folder: 'apps/virtiofsd', file: 'test/attack.test.ts' }

/**
 * Everything that a guest and its monitor can send: ring states, descriptor tables, requests, messages, memory tables; to
 * the packages, and to the daemon as a process.
 */
export const attacks: readonly Attack[] = [
  {
    ...{ folder: 'packages/virtqueue', file: 'test/attack.test.ts' },
    ...{ test: 'random descriptors, tables and rings', share: 0.3 },
  },
  {
    ...{ folder: 'packages/virtqueue', file: 'test/attack.test.ts' },
    ...{ test: 'writes over everything', share: 0.1 },
  },
  {
    ...{ folder: 'packages/vhost-user', file: 'test/attack.test.ts' },
    ...{ test: 'random messages, descriptors and rings', share: 0.1 },
  },
  {
    ...{ folder: 'packages/vhost-user', file: 'test/attack.test.ts' },
    ...{ test: 'memory is replaced again and again', share: 0.04 },
  },
  {
    ...{ folder: 'packages/transport-virtiofs', file: 'test/hostile.test.ts' },
    ...{ test: 'come back exactly once each', share: 0.3 },
  },
  { ...daemon, test: 'with 0 serving threads answers every request', share: 0.06 },
  { ...daemon, test: 'with 2 serving threads answers every request', share: 0.06 },
  { ...daemon, test: 'with 0 serving threads outlives messages', share: 0.02 },
  { ...daemon, test: 'with 2 serving threads outlives messages', share: 0.02 },
]

/** A test that attacks one part of what serves guests, for as long as it is told. */
export interface Attack {
  /** Package whose test it is, by its folder. */
  readonly folder: string
  readonly file: string
  /** Pattern of the test's name. */
  readonly test: string
  /** Part of all inputs that are sent here. */
  readonly share: number
  /** Variables that tell it how much, for a number of inputs, and which. */
  variables(inputs: number, seed: number): Record<string, string>
}

const byRounds = (inputs: number, seed: number) => ({
  FB_ATTACK_ROUNDS: `${inputs}`,
  FB_ATTACK_SEED: `${seed}`,
})

/** Requests of `transport-virtiofs` are counted in thousands. */
const THOUSAND = 1000
const byThousands = (inputs: number, seed: number) => ({
  FB_FUZZ_ROUNDS: `${Math.ceil(inputs / THOUSAND)}`,
  FB_FUZZ_SEED: `${seed}`,
})

/** Everything that a guest and its monitor can send: ring states, descriptor tables, requests, messages, memory tables. */
export const attacks: readonly Attack[] = [
  {
    ...{ folder: 'virtqueue', file: 'test/attack.test.ts', test: 'random descriptors, tables and rings' },
    ...{ share: 0.35, variables: byRounds },
  },
  {
    ...{ folder: 'virtqueue', file: 'test/attack.test.ts', test: 'writes over everything' },
    ...{ share: 0.1, variables: byRounds },
  },
  {
    ...{ folder: 'vhost-user', file: 'test/attack.test.ts', test: 'random messages, descriptors and rings' },
    ...{ share: 0.15, variables: byRounds },
  },
  {
    ...{ folder: 'vhost-user', file: 'test/attack.test.ts', test: 'memory is replaced again and again' },
    ...{ share: 0.05, variables: byRounds },
  },
  {
    ...{ folder: 'transport-virtiofs', file: 'test/hostile.test.ts', test: 'come back exactly once each' },
    ...{ share: 0.35, variables: byThousands },
  },
]

import { readFileSync } from 'node:fs'

/** A test that is known to fail, and why. */
export interface ExpectedFailure {
  readonly test: string
  readonly reason: string
}

const NO_LIMITS = 'resource limits cannot be raised without CAP_SYS_RESOURCE: fails on the disk as well'

/** What fails on a mount of an ext4 for reasons that are not the daemon's; docs/conformance.md has more on each. */
export const EXPECTED_FAILURES: readonly ExpectedFailure[] = [
  {
    test: 'generic/003',
    reason: 'it mounts with strictatime; access times go by the host, which is mounted with relatime',
  },
  {
    test: 'generic/020',
    reason: 'it takes FUSE to have room for 1000 extended attributes; ext4 has room for some hundred',
  },
  {
    test: 'generic/424',
    reason: "Linux does not take a FUSE file system's statx attributes over",
  },
  ...(mayRaiseLimits() ? [] : ['generic/394', 'generic/531', 'generic/564']).map((test) => ({
    test,
    reason: NO_LIMITS,
  })),
]

/** CAP_SYS_RESOURCE (capabilities(7)). */
function mayRaiseLimits(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n
}

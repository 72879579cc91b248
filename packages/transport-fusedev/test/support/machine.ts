import { describe } from 'vitest'
import { probe } from '../../src/probe/probe.js'

/** What this machine offers. */
export const machine = await probe()

/** Whether this is root, whom mount(2) is open to. */
export const isRoot = process.geteuid?.() === 0

/** A group of tests that need something: skipped with the reason printed where it is missing. */
export function describeWith(name: string, needs: readonly Need[], tests: () => void): void {
  const missing = needs.filter(({ available }) => !available)
  if (missing.length === 0) {
    describe(name, tests)
    return
  }
  const reasons = missing.map(({ reason }) => reason).join('; ')
  console.warn(`skipped: ${name}: ${reasons}`)
  describe.skip(`${name} (${reasons})`, tests)
}

/** Something that tests need. */
export interface Need {
  readonly available: boolean
  readonly reason: string
}

export const root: Need = { available: isRoot, reason: 'needs root' }

/** The minor version of FUSE that the kernel has to speak. */
export function kernelFuse(minor: number): Need {
  const { protocol } = machine
  return {
    available: protocol !== undefined && protocol.minor >= minor,
    reason: `needs a kernel with FUSE 7.${minor}`,
  }
}

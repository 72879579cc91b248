import { chownSync } from 'node:fs'
import { Mounted, type MountedOptions } from '@fb/testbed'
import type { Case } from '../cases/case.js'
import type { Outcomes } from '../compare.js'
import { runCases, showCases } from '../worker.js'
import { entryPoint } from './entry-point.js'

/** How a directory is mounted. */
export interface MountSettings extends MountedOptions {
  /** The id on the host of the client's root, where ids are mapped one for one. */
  readonly shift?: number
}

/** Runs cases in a mount of `source`, an empty directory. */
export async function runInMount(
  worker: string,
  source: string,
  cases: readonly Case[],
  { shift = 0, ...options }: MountSettings,
): Promise<Outcomes> {
  chownSync(source, shift, shift)
  const mounted = await Mounted.start(entryPoint('@fb/fusedev-daemon'), source, options)
  try {
    const seen = runCases(worker, mounted.mountpoint, cases)
    return { seen, behind: showCases(worker, source, shift) }
  } finally {
    await mounted.close()
  }
}

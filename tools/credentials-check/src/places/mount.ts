import { chownSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, DaemonProcess, mountType } from '@fb/testbed'
import type { Case } from '../cases/case.js'
import type { Outcomes } from '../compare.js'
import { runCases, showCases } from '../worker.js'
import { entryPoint } from './entry-point.js'

/** How a directory is mounted. */
export interface MountSettings {
  /** Options of fusedev-daemon. */
  readonly args?: readonly string[]
  /** Options of the mount at `/` of a tree, such as `uidmap=...`, or nothing; without it there is no tree. */
  readonly tree?: string
  /** The id on the host of the client's root, where ids are mapped one for one. */
  readonly shift?: number
}

/** Runs cases in a mount of `source`, an empty directory. */
export async function runInMount(
  worker: string,
  source: string,
  cases: readonly Case[],
  { args = [], tree, shift = 0 }: MountSettings,
): Promise<Outcomes> {
  const mountpoint = mkdtempSync(join(tmpdir(), 'fb-credentials-'))
  chownSync(source, shift, shift)
  const served = tree === undefined ? [source] : ['--mount', ['/=', source, tree && `,${tree}`].join('')]
  try {
    const options = ['-o', 'allow_other,suid,dev', ...args, ...served, mountpoint]
    const daemon = await DaemonProcess.start(entryPoint('@fb/fusedev-daemon'), options)
    try {
      const seen = runCases(worker, mountpoint, cases)
      return { seen, behind: showCases(worker, source, shift) }
    } finally {
      await daemon.stop()
    }
  } finally {
    if (mountType(mountpoint) !== undefined) await attempt('umount', ['-l', mountpoint])
    rmdirSync(mountpoint)
  }
}

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '@fb/testbed'

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), '../programs/differential.py')
const HOURS_MS = 6 * 3600 * 1000

/**
 * Does the same random calls in a directory of the mount and in one of the disk, and compares results, errors and what
 * `stat` says after each.
 *
 * @param beside - a directory of the disk that holds what is served
 * @throws Error with the last calls, at the first difference
 */
export async function runDifferential(
  mount: string,
  beside: string,
  { operations, seed }: { readonly operations: number; readonly seed: number },
): Promise<void> {
  const disk = join(beside, 'differential')
  mkdirSync(disk)
  await run('python3', [PROGRAM, disk, mount, String(operations), String(seed)], { timeout: HOURS_MS })
}

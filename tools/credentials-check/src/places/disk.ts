import type { Case } from '../cases/case.js'
import type { Outcomes } from '../compare.js'
import { runCases, showCases } from '../worker.js'

/** Runs cases in an empty directory of a disk: what the others are compared with. */
export function runOnDisk(worker: string, directory: string, cases: readonly Case[]): Outcomes {
  const seen = runCases(worker, directory, cases)
  return { seen, behind: showCases(worker, directory) }
}

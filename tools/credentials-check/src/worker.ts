import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Case, lineOf } from './cases/case.js'

const MAX_OUTPUT = 256 * 1024 * 1024

/** What became of a case. */
export interface Outcome {
  /** The result of each step: `0`, the name of an errno, or what was found. */
  readonly results: string
  /** Everything that is in its directory then: types and permissions, owners, sizes, attributes, content. */
  readonly left: string
}

/** Compiles the program that acts as others, so that it also runs where there are no libraries. Gives its path. Seen from `dist`. */
export function compileWorker(directory: string): string {
  const worker = join(directory, 'worker')
  const code = fileURLToPath(new URL('../native/worker.cc', import.meta.url))
  execFileSync('g++', ['-O2', '-s', '-std=c++17', '-static', '-o', worker, code], { stdio: 'pipe' })
  return worker
}

/** The input of the worker. */
export function inputOf(cases: readonly Case[]): string {
  return cases.map(lineOf).join('')
}

/** Runs cases in an empty directory of this machine. Throws what the worker says. */
export function runCases(worker: string, directory: string, cases: readonly Case[]): Map<string, Outcome> {
  return parseOutcomes(call(worker, ['run', directory], inputOf(cases)))
}

/**
 * What is in the directories that cases left behind.
 *
 * @param shift - is taken off every owner and group
 */
export function showCases(worker: string, directory: string, shift = 0): Map<string, string> {
  return parseShown(call(worker, ['show', directory, String(shift)], ''))
}

/** Reads what the worker printed about directories. */
export function parseShown(output: string): Map<string, string> {
  return new Map(
    output
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  )
}

/** Reads what the worker printed about cases. */
export function parseOutcomes(output: string): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  for (const line of output.trimEnd().split('\n')) {
    const [name, results, left] = line.split('\t')
    if (name === undefined || results === undefined || left === undefined)
      throw new Error(`the worker ended with: ${line}`)
    outcomes.set(name, { results, left })
  }
  return outcomes
}

function call(worker: string, args: readonly string[], input: string): string {
  return execFileSync(worker, args, { input, encoding: 'utf8', maxBuffer: MAX_OUTPUT })
}

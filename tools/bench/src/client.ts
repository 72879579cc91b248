import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Candidate } from './candidate.js'
import { run } from './shell.js'

/** The program that does the work of a cell: compiled once, run for each. */
export class Client {
  readonly #program: string
  readonly #cpu: string | undefined
  readonly #milliseconds: string

  /** Compiles it into a directory. @param cpu to pin it to @param milliseconds of one cell */
  constructor(directory: string, cpu: string | undefined, milliseconds: string) {
    this.#program = join(directory, 'client')
    this.#cpu = cpu
    this.#milliseconds = milliseconds
    const code = fileURLToPath(new URL('../native/client.cc', import.meta.url))
    run('g++', ['-O2', '-std=c++17', '-o', this.#program, code])
  }

  /** Names of the tests. */
  tests(): string[] {
    return run(this.#program, ['list']).trim().split('\n')
  }

  /** Operations per second of one test in the directory of a candidate. Throws where it cannot be done there. */
  measure(candidate: Candidate, test: string): number {
    return this.#run(candidate, test, [])
  }

  /** Operations per second that client and server spend on a CPU: nothing else that runs counts. */
  measureCpu(candidate: Candidate, test: string): number {
    if (candidate.pid === undefined) throw new TypeError(`${candidate.name} has no server`)
    return this.#run(candidate, test, [String(candidate.pid)])
  }

  #run({ directory, source }: Candidate, test: string, more: readonly string[]): number {
    const words = [this.#program, directory, source, test, this.#milliseconds, ...more]
    const [program = '', ...args] = this.#cpu === undefined ? words : ['taskset', '-c', this.#cpu, ...words]
    return Number(run(program, args))
  }
}

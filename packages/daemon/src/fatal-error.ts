import type { ExitCode } from './exit-code.js'

/** The daemon cannot go on: one line that says why (empty where that has been said), and the exit code. */
export class FatalError extends Error {
  override readonly name: string = 'FatalError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode) {
    super(message)
    this.exitCode = exitCode
  }
}

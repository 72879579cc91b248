/** The command line cannot be obeyed: one line that says why, or the text that was asked for (`--help`). */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** 0 where the text is what was asked for, else the exit code for wrong use. */
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

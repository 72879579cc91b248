import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'

/** The command line cannot be obeyed: one line that says why, or the text that was asked for (`--help`). */
export class UsageError extends FatalError {
  override readonly name = 'UsageError'

  /** @param exitCode - {@link ExitCode}.OK where the text is what was asked for */
  constructor(message: string, exitCode: ExitCode = ExitCode.USAGE) {
    super(message, exitCode)
  }
}

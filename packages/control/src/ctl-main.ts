import { runCtl } from './ctl.js'
import type { CtlExit } from './ctl-exit.js'

/** Runs the command `ctl` of a daemon on the standard streams of the process. The exit code. */
export function ctlMain(argv: readonly string[], program: string): Promise<CtlExit> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads any more: as if SIGPIPE had ended the program.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return runCtl(argv, program, {
    write: (text) => void process.stdout.write(text),
    error: (line) => void process.stderr.write(`${line}\n`),
    rows: () => (process.stdout.isTTY === true ? process.stdout.rows : undefined),
  })
}

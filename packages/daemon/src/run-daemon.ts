import { readFileSync } from 'node:fs'
import { ctlMain } from '@fb/control'
import { ExitCode } from './exit-code.js'
import { FatalError } from './fatal-error.js'

/** A daemon: its name, and what its process does with the arguments that follow the name. */
export interface Daemon {
  /** Name of the program; its messages begin with it. */
  readonly name: string
  /** The package.json that tells its version. */
  readonly manifest: URL
  /** Serves until it is to end. Throws {@link FatalError} where it cannot go on. */
  readonly serve: (argv: readonly string[], version: string) => Promise<void>
}

/**
 * Runs a daemon, or its command `ctl`, with the arguments of this process, and sets the exit code. A failure is one line on
 * standard error; anything else than a {@link FatalError} is a defect, and told with its stack.
 */
export async function runDaemon(daemon: Daemon): Promise<void> {
  // Whoever started the daemon need not be there to read what it says.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  // Node would open its debugger, to everybody on this machine.
  process.on('SIGUSR1', () => {})
  process.exitCode = await run(daemon, process.argv.slice(2))
}

async function run({ name, manifest, serve }: Daemon, argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === 'ctl') return await ctlMain(argv.slice(1), name)
    await serve(argv, versionIn(manifest))
    return ExitCode.OK
  } catch (error) {
    if (!(error instanceof FatalError)) {
      console.error(`${name}: a defect of the daemon:`, error)
      return ExitCode.SOFTWARE
    }
    if (error.message === '') return error.exitCode
    if (error.exitCode === ExitCode.OK) console.log(error.message)
    else console.error(`${name}: ${error.message}`)
    return error.exitCode
  }
}

function versionIn(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

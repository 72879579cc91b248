import { type Command, CommanderError } from 'commander'
import { ControlClient } from './control-client.js'
import { ControlError } from './control-error.js'
import { type CtlAction, type CtlOutput, ctlCommand } from './ctl-command.js'
import { CtlExit } from './ctl-exit.js'

/**
 * The command `ctl` of a daemon.
 * @param argv the arguments behind `ctl`
 * @param program the name of the daemon, for its texts
 * @returns the exit code
 */
export async function runCtl(argv: readonly string[], program: string, output: CtlOutput): Promise<CtlExit> {
  const fail = (message: string, code: CtlExit): CtlExit => {
    output.error(`${program} ctl: ${message}`)
    return code
  }
  let action: CtlAction | undefined
  let text = ''
  const command = ctlCommand({ program, output, run: (asked) => (action = asked) })
  const configure = (each: Command): void => {
    each.exitOverride().configureOutput({ writeOut: (out) => (text += out), writeErr: () => {} })
    each.commands.forEach(configure)
  }
  configure(command)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof ControlError) return fail(error.message, CtlExit.USAGE)
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) {
      output.write(text)
      return CtlExit.OK
    }
    const message =
      error.code === 'commander.help' ? 'a command is needed' : error.message.replace(/^error: /, '')
    return fail(`${message} (see --help)`, CtlExit.USAGE)
  }
  let client: ControlClient | undefined
  try {
    client = await ControlClient.connect(command.opts<{ socket: string }>().socket)
    return (await action?.(client)) ?? CtlExit.USAGE
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    const isGone = client === undefined || error.code === 'ECONNRESET'
    return fail(error.message, isGone ? CtlExit.UNAVAILABLE : CtlExit.REFUSED)
  } finally {
    client?.close()
  }
}

import { Command, InvalidArgumentError } from 'commander'
import type { ControlClient } from './control-client.js'
import { ControlError } from './control-error.js'
import type { Change, ControlCommand, ControlRequest, ControlResults } from './control-protocol.js'
import { CtlExit } from './ctl-exit.js'
import { shownMounts, shownStats, shownStatus } from './ctl-output.js'
import { LOG_LEVELS, type LogLevel } from './log-level.js'
import { MOUNT_OPTIONS_HELP, parseSource } from './mount-text.js'
import { type Screen, top } from './top.js'

/** Where `ctl` writes. */
export interface CtlOutput extends Screen {
  /** One line about what went wrong. */
  error(line: string): void
}

/** What a command does with its daemon; its exit code. */
export type CtlAction = (client: ControlClient) => Promise<CtlExit>

/** What {@link ctlCommand} needs besides. */
export interface CtlCommandOptions {
  /** The name of the daemon, for texts. */
  readonly program: string
  readonly output: CtlOutput
  /** Takes what the command line asks for. Options are checked by then, nothing is connected yet. */
  readonly run: (action: CtlAction) => void
}

/** The command line of `ctl`. What is wrong with it is thrown as `CommanderError` or `ControlError`. */
export function ctlCommand({ program, output, run }: CtlCommandOptions): Command {
  const command = new Command(`${program} ctl`)
    .description('Look at a daemon that runs, and change what it serves.')
    .requiredOption('--socket <path>', 'its control socket')
    .option('--json', 'print what it answers, as JSON')
    .addHelpText(
      'after',
      `
Options of a mount: ${MOUNT_OPTIONS_HELP}.
Exit codes: 0 done and visible to the client, 1 refused, 64 wrong use, 69 nobody answers, 75 done, but clients may
see the old state for a while.`,
    )
  const isJson = (): boolean => command.opts<{ json?: true }>().json === true
  const print = <T>(result: T, show: (result: T) => string): void =>
    output.write(isJson() ? `${JSON.stringify(result)}\n` : show(result))
  const ask = <C extends ControlCommand>(
    request: Extract<ControlRequest, { command: C }>,
    show: (result: ControlResults[C]) => string,
  ): void =>
    run(async (client) => {
      print(await client.request(request), show)
      return CtlExit.OK
    })
  const change = (
    request: Extract<ControlRequest, { command: 'mount' | 'umount' | 'move' }>,
    text: string,
  ): void =>
    run(async (client) => {
      const result: Change = await client.request(request)
      print(result, () => `${text}\n`)
      if (result.visible) return CtlExit.OK
      output.error(`${program} ctl: clients may see the old state for ${result.after} s`)
      return CtlExit.NOT_YET_VISIBLE
    })

  command
    .command('status')
    .description('what the daemon is and does')
    .action(() => ask({ command: 'status' }, shownStatus))
  command
    .command('list')
    .description('the mounts')
    .action(() => ask({ command: 'list' }, shownMounts))
  command
    .command('mount')
    .description('mount SOURCE[,option...] at a path of the tree, over what is mounted there')
    .argument('<path>')
    .argument('<source>')
    .option('--replace', 'take the place of what is mounted there')
    .option('--lazy', 'with --replace: go on serving those who use what was there')
    .action((path: string, source: string, options: { replace?: true; lazy?: true }) => {
      if (options.lazy && !options.replace)
        throw new ControlError('EINVAL', '--lazy: only together with --replace')
      const mount = parseSource(path, source)
      change({ command: 'mount', mount, ...options }, `mounted ${mount.source} at ${path}`)
    })
  command
    .command('umount')
    .description('take away what is mounted at a path of the tree')
    .argument('<path>')
    .option('--lazy', 'go on serving those who use it')
    .action((path: string, options: { lazy?: true }) =>
      change({ command: 'umount', path, ...options }, `unmounted ${path}`),
    )
  command
    .command('move')
    .description('move what is mounted at a path of the tree, and what is mounted below it, to another path')
    .argument('<from>')
    .argument('<to>')
    .action((from: string, to: string) => change({ command: 'move', from, to }, `moved ${from} to ${to}`))
  command
    .command('log-level')
    .description(`what to log from now on: ${LOG_LEVELS.join(', ')}`)
    .argument('<level>', '', (text) => parseLevel(text))
    .action((level: LogLevel) => ask({ command: 'log-level', level }, () => `logs ${level}\n`))
  command
    .command('stats')
    .description('what was done so far, by mount and operation')
    .option('--prometheus', 'in the text format of Prometheus')
    .action((options: { prometheus?: true }) =>
      ask({ command: 'stats', format: options.prometheus ? 'prometheus' : 'json' }, shownStats),
    )
  command
    .command('quiesce')
    .description('let no operation through until `resume`, and wait for those that are under way')
    .option('--timeout <seconds>', 'how long to wait for them (default: 30)', parseNumber)
    .option(
      '--hold <seconds>',
      'let operations through again after that, come what may (default: 60)',
      parseNumber,
    )
    .action((options: { timeout?: number; hold?: number }) =>
      ask(
        { command: 'quiesce', ...options },
        ({ held, resumesIn }) => `stopped for ${resumesIn} s at most, ${held} wait\n`,
      ),
    )
  command
    .command('resume')
    .description('let operations through again; refused where they were not stopped any more')
    .action(() => ask({ command: 'resume' }, ({ released }) => `resumed, ${released} had waited\n`))
  command
    .command('top')
    .description('operations per second, latencies, inodes, what is under way; again and again')
    .option('--interval <seconds>', 'between two rounds', parsePositive, 1)
    .option('--count <n>', 'how many rounds (default: until Ctrl-C)', parsePositive)
    .action((options: { interval: number; count?: number }) =>
      run(async (client) => {
        await top(client, output, { ...options, json: isJson() })
        return CtlExit.OK
      }),
    )
  return command
}

function parseLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text)
  if (level === undefined) throw new InvalidArgumentError(`There are ${LOG_LEVELS.join(', ')}.`)
  return level
}

function parseNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new InvalidArgumentError(`'${text}' is not a number of 0 or more.`)
  }
  return value
}

function parsePositive(text: string): number {
  const value = parseNumber(text)
  if (value === 0) throw new InvalidArgumentError('It must be more than 0.')
  return value
}

import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { addTreeOptions, LOG_LEVELS, type TreeArguments, type TreeOptions } from '@fb/control'
import {
  CONTROL_SOCKET_NAME,
  checkOptions,
  parseCommandLine,
  parseNumber,
  readTree,
  UsageError,
} from '@fb/daemon'
import { Command, Option } from 'commander'
import { z } from 'zod'
import { readMountWords } from './mount-words.js'

/** What fstab(5) says in place of a source. */
const NO_SOURCE = 'none'
/** Most workers: each costs a V8 isolate, and more than the CPUs only take turns. */
const MAX_WORKERS = 64

const seconds = z
  .number()
  .min(0)
  .max(2 ** 32)

/** What the command line says, checked. One name everywhere: kebab-case there, camelCase here. */
export const daemonOptions = z
  .object({
    source: z.string().min(1).optional(),
    mountpoint: z.string().min(1),
    /** What every `-o` says of the mount, in order. */
    mountOptions: z.array(z.string()),
    /** Whether a mount point that is not empty is nothing to speak of. */
    nonempty: z.boolean(),
    /** What is to be said of words of `-o`, a line each. */
    notes: z.array(z.string()),
    readOnly: z.boolean(),
    allowOther: z.boolean(),
    cache: z.enum(['never', 'metadata', 'auto', 'always']),
    attrTimeout: seconds.optional(),
    entryTimeout: seconds.optional(),
    negativeTimeout: seconds.optional(),
    xattr: z.boolean(),
    writeback: z.boolean(),
    workers: z.number().int().min(1).max(MAX_WORKERS),
    logLevel: z.enum(LOG_LEVELS),
    logFile: z.string().min(1).optional(),
    syslog: z.boolean(),
    trace: z.boolean(),
    background: z.boolean(),
  })
  .refine(({ writeback, cache }) => !writeback || cache === 'auto' || cache === 'always', {
    path: ['writeback'],
    error: 'needs --cache auto or always: file data is not cached otherwise',
  })
type Checked = Omit<z.infer<typeof daemonOptions>, 'source'>

/** One directory or file is served. */
export interface DirectoryOptions extends Checked {
  readonly source: string
  readonly tree?: undefined
}

/** A tree of mounts is served. */
export interface MountsOptions extends Checked {
  readonly source?: undefined
  readonly tree: TreeOptions
}

/** What the daemon shall do. */
export type DaemonOptions = DirectoryOptions | MountsOptions

/** Workers by default: one per CPU, at most two; further ones cost memory and gain little for one mount. */
export function defaultWorkers(): number {
  return Math.min(2, availableParallelism())
}

function collect(text: string, previous: string[]): string[] {
  return [...previous, text]
}

function command(version: string): Command {
  const daemon = new Command('fusedev-daemon')
    .usage(
      '[options] SOURCE MOUNTPOINT\n       fusedev-daemon [options] --mount PATH=SOURCE... MOUNTPOINT\n       fusedev-daemon ctl --socket SOCKET COMMAND (see fusedev-daemon ctl --help)',
    )
    .description(
      'Serve a directory (or a file) of this machine at another place, through /dev/fuse; or several as one tree.',
    )
    .argument(
      '[places...]',
      'SOURCE, the directory or file to serve, and MOUNTPOINT, an existing directory (or a file for a file)',
    )
    .option(
      '-o <options>',
      'mount options, as libfuse programs and fstab take them, and those below: -o allow_other,ro,fsname=x,cache=never',
      collect,
      [],
    )
    .option('-r, --read-only', 'refuse every change', false)
    .option('--allow-other', 'let other users in', false)
    .addOption(
      new Option('--cache <policy>', 'what the kernel may keep')
        .choices(['never', 'metadata', 'auto', 'always'])
        .default('auto'),
    )
    .option('--attr-timeout <seconds>', 'how long the kernel may keep attributes', parseNumber)
    .option('--entry-timeout <seconds>', 'how long the kernel may keep names', parseNumber)
    .option(
      '--negative-timeout <seconds>',
      'how long the kernel may keep that a name is not there',
      parseNumber,
    )
    .option('--no-xattr', 'answer that extended attributes are not supported')
    .option('--xattr', 'serve extended attributes (default)')
    .option('--writeback', 'let the kernel gather writes before it sends them', false)
    .option('--workers <n>', 'threads that serve requests', parseNumber, defaultWorkers())
    .addOption(new Option('--log-level <level>', 'what to log').choices(LOG_LEVELS).default('info'))
    .option('--log-file <path>', 'log to the end of this file instead of standard error')
    .option('--syslog', 'log to the system log instead of standard error', false)
    .option('--background', 'return when the mount answers, and go on in the background', false)
    .option('--trace', 'print a line for each request and its reply', false)
    .version(version, '-V, --version')
  return addTreeOptions(daemon).addHelpText(
    'after',
    `
Runs until it is unmounted (fusermount3 -u MOUNTPOINT) or stopped (Ctrl-C, SIGTERM).
With --mount, --config or --control-socket it serves a tree, in one thread; SOURCE, if any, is mounted at / of it.
Exit codes: 0 unmounted or stopped, 64 wrong use, 66 no such source or config file, 69 mount failed, 77 not allowed to mount.`,
  )
}

/**
 * Parses the arguments after the program's name. Throws {@link UsageError}.
 * @param sockets - those of a service manager (`activationSockets`), for what the arguments do not say
 */
export function parseOptions(
  argv: readonly string[],
  version: string,
  sockets: ReadonlyMap<string, number> = new Map(),
): DaemonOptions {
  const program = command(version)
  parseCommandLine(program, argv)
  const { o, ...rest } = program.opts<{ o: string[] } & TreeArguments>()
  const words = readMountWords(o)
  const isGiven = (name: string) => program.getOptionValueSource(name) === 'cli'
  const byWord = Object.entries(words.options).filter(([name]) => !isGiven(name))
  const { logLevel, ...given } = { ...rest, ...Object.fromEntries(byWord) } as TreeArguments & {
    logLevel: string
  }
  const tree = readTree({
    ...given,
    controlSocket: given.controlSocket ?? sockets.get(CONTROL_SOCKET_NAME),
  })
  const { source, mountpoint } = placesOf(program.args, tree !== undefined)
  const isLevelGiven = isGiven('logLevel') || words.options.logLevel !== undefined
  const { source: checked, ...options } = checkOptions(daemonOptions, {
    ...given,
    source,
    mountpoint,
    mountOptions: words.mountOptions,
    nonempty: words.nonempty,
    notes: words.notes,
    logLevel: isLevelGiven ? logLevel : (tree?.logLevel ?? logLevel),
  })
  if (tree === undefined) return { ...options, source: checked ?? '' }
  if (options.workers > 1 && (isGiven('workers') || words.options.workers !== undefined)) {
    throw new UsageError('--workers: a tree is served in one thread (see --help)')
  }
  const first =
    checked === undefined || checked === NO_SOURCE ? [] : [{ path: '/', source: resolve(checked) }]
  return { ...options, tree: { ...tree, mounts: [...first, ...tree.mounts] } }
}

/** SOURCE MOUNTPOINT; for a tree SOURCE may be left out. */
function placesOf(places: readonly string[], isTree: boolean): { source?: string; mountpoint: string } {
  const missing = (name: string) => new UsageError(`missing required argument '${name}' (see --help)`)
  if (places.length > 2) throw new UsageError('too many arguments (see --help)')
  const [first, second] = places
  if (first === undefined) throw missing(isTree ? 'mountpoint' : 'source')
  if (second !== undefined) return { source: first, mountpoint: second }
  if (isTree) return { mountpoint: first }
  throw missing('mountpoint')
}

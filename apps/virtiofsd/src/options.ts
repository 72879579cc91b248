import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { addTreeOptions, LOG_LEVELS, type TreeArguments, type TreeOptions } from '@fb/control'
import {
  CONTROL_SOCKET_NAME,
  checkOptions,
  ExitCode,
  parseCommandLine,
  parseNumber,
  readTree,
  UsageError,
} from '@fb/daemon'
import { Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { expandLegacyOptions } from './legacy-options.js'
import { refusal } from './refused-options.js'

const CACHE = ['never', 'metadata', 'auto', 'always'] as const
const INODE_FILE_HANDLES = ['never', 'prefer', 'mandatory'] as const

const MIGRATION_MODE = ['find-paths', 'file-handles'] as const
const MIGRATION_ON_ERROR = ['abort', 'guest-error'] as const
/** Words of other daemons for the same. */
const CACHE_TOO = { none: 'never' } as const
const INODE_FILE_HANDLES_TOO = { fallback: 'prefer' } as const
const LOG_LEVELS_TOO = { off: 'silent', crit: 'error', err: 'error', trace: 'debug' } as const

/** Request queues by default: more than this many seldom help one event loop. */
const DEFAULT_QUEUES = 8
const MAX_QUEUES = 255
/** Most serving threads: each takes some ten MiB. */
const MAX_THREADS = 64
/**
 * Microseconds of polling by default: longer than a guest takes from an answer to its next request, in most cases also
 * one that is emulated.
 */
const DEFAULT_POLL_US = 400
const MAX_POLL_US = 10_000

/** Bytes of a tag (struct virtio_fs_config). */
const MAX_TAG = 36

const text = z.string().min(1, 'must not be empty')

function whole(least: number, most?: number) {
  const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`
  const error = `must be a whole number ${range}`
  const number = z.number(error).int(error).min(least, error)
  return most === undefined ? number : number.max(most, error)
}

/** What the command line says, checked. One name everywhere: kebab-case there, camelCase here. */
export const daemonOptions = z
  .object({
    sharedDir: text.optional(),
    socketPath: text.optional(),
    /** A socket that listens already. */
    fd: whole(0).optional(),
    socketGroup: text.optional(),
    tag: text.refine((tag) => Buffer.byteLength(tag) <= MAX_TAG, `must have at most ${MAX_TAG} bytes`),
    threadPoolSize: whole(0, MAX_THREADS),
    pollUs: whole(0, MAX_POLL_US),
    numRequestQueues: whole(1, MAX_QUEUES),
    cache: z.enum(CACHE),
    xattr: z.boolean(),
    posixAcl: z.boolean(),
    writeback: z.boolean(),
    allowDirectIo: z.boolean(),
    allowMmap: z.boolean(),
    announceSubmounts: z.boolean(),
    inodeFileHandles: z.enum(INODE_FILE_HANDLES),
    readonly: z.boolean(),
    readdirplus: z.boolean(),
    preserveNoatime: z.boolean(),
    rlimitNofile: whole(0).optional(),
    migrationMode: z.enum(MIGRATION_MODE),
    migrationOnError: z.enum(MIGRATION_ON_ERROR),
    migrationVerifyHandles: z.boolean(),
    sandbox: z.literal('none', 'must be given as `--sandbox none`: the daemon does not confine itself'),
    seccomp: z.literal('none', 'only `none` is honoured: there is no filter of system calls'),
    logLevel: z.enum(LOG_LEVELS),
    syslog: z.boolean(),
  })
  .refine(({ socketPath, fd }) => (socketPath === undefined) !== (fd === undefined), {
    path: ['socketPath'],
    error: 'one of --socket-path and --fd is needed, or a socket of systemd',
  })
  .refine(({ fd, socketGroup }) => fd === undefined || socketGroup === undefined, {
    path: ['socketGroup'],
    error: 'a socket that is inherited keeps its group',
  })
  .refine(({ xattr, posixAcl }) => xattr || !posixAcl, {
    path: ['posixAcl'],
    error: 'needs extended attributes',
  })
  .refine(({ writeback, cache }) => !writeback || cache === 'auto' || cache === 'always', {
    path: ['writeback'],
    error: 'needs --cache auto or always: file data is not cached otherwise',
  })
type Checked = Omit<z.infer<typeof daemonOptions>, 'sharedDir'>

/** One directory or file is shared. */
export interface DirectoryOptions extends Checked {
  readonly sharedDir: string
  readonly tree?: undefined
}

/** A tree of mounts is shared. */
export interface MountsOptions extends Checked {
  readonly sharedDir?: undefined
  readonly tree: TreeOptions
}

/** What the daemon shall do. */
export type DaemonOptions = DirectoryOptions | MountsOptions

/** A choice, by its name or by one that it has elsewhere. */
function oneOf<T extends string>(choices: readonly T[], too: Readonly<Record<string, T>>) {
  return (given: string): T => {
    const choice = Object.hasOwn(too, given) ? too[given] : choices.find((each) => each === given)
    if (choice === undefined) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
    return choice
  }
}

/** The value of `--posix-acl=WHEN`; the option alone is `true`. */
function aclsWhen(when: string): boolean {
  if (when === 'always')
    throw new InvalidArgumentError('A guest that cannot obey ACLs is served all the same: say auto.')
  return oneOf(['never', 'auto'], {})(when) === 'auto'
}

function command(version: string): Command {
  const daemon = new Command('virtiofsd')
    .usage(
      '[options] --shared-dir PATH --socket-path SOCKET --sandbox none\n       virtiofsd [options] --mount PATH=SOURCE... --socket-path SOCKET --sandbox none\n       virtiofsd ctl --socket SOCKET COMMAND (see virtiofsd ctl --help)',
    )
    .description(
      'Serve a directory (or a file) of this machine to virtual machines, as a virtio-fs device; or several as one tree.',
    )
    .option('--shared-dir <path>', 'directory to share, or a file, which is then alone in a directory')
    .option('--socket-path <path>', 'Unix socket to listen on')
    .addOption(new Option('--socket <path>', 'the same').hideHelp())
    .option('--fd <n>', 'descriptor of a Unix socket that listens already', parseNumber)
    .option('--socket-group <group>', 'group of the socket, which may then connect')
    .option('--tag <tag>', 'name for monitors that ask the device for it; QEMU has its own option', 'fs')
    .option('--num-request-queues <n>', 'most request queues', parseNumber, defaultQueues())
    .option('--thread-pool-size <n>', 'threads for the request queues; 0: the event loop', parseNumber, 0)
    .option(
      '--poll-us <n>',
      'most microseconds to look for the next request; 0: always wait for a kick',
      parseNumber,
      DEFAULT_POLL_US,
    )
    .option('--cache <policy>', `what guests may keep: ${CACHE.join(', ')}`, oneOf(CACHE, CACHE_TOO), 'auto')
    .option('--xattr', 'serve extended attributes (default)', true)
    .option('--no-xattr', 'answer that extended attributes are not supported')
    .option(
      '--posix-acl [when]',
      'have guests obey POSIX ACLs: never, or auto, as far as they can',
      aclsWhen,
      false,
    )
    .addOption(new Option('--security-label [when]', 'accepted: never').hideHelp())
    .option('--writeback', 'let guests gather writes before they send them', false)
    .option('--allow-direct-io', 'pass O_DIRECT on to the host', false)
    .option('--allow-mmap', 'allow shared mappings of files that are not cached', false)
    .option('--announce-submounts', 'show mounts, of a tree and of the host, as mounts', false)
    .addOption(new Option('--no-announce-submounts', 'show them as directories (default)').hideHelp())
    .option(
      '--inode-file-handles <when>',
      `remember files by handle, not descriptor: ${INODE_FILE_HANDLES.join(', ')}`,
      oneOf(INODE_FILE_HANDLES, INODE_FILE_HANDLES_TOO),
      'prefer',
    )
    .option('--no-preserve-noatime', 'take O_NOATIME off')
    .option('--preserve-noatime', 'pass O_NOATIME on to the host (default)')
    .addOption(new Option('--killpriv-v2', 'accepted: set-id bits are always cleared here').hideHelp())
    .option('--readonly', 'refuse every change', false)
    .option('--no-readdirplus', 'list directories without attributes')
    .option('--rlimit-nofile <n>', 'fail where fewer descriptors are allowed than this', parseNumber)
    .addOption(
      new Option(
        '--migration-mode <mode>',
        'how a guest that is moved finds its files: by path, or by file handle',
      )
        .choices(MIGRATION_MODE)
        .default('find-paths'),
    )
    .addOption(
      new Option(
        '--migration-on-error <action>',
        'when a file cannot be found again: fail, or let the guest see errors',
      )
        .choices(MIGRATION_ON_ERROR)
        .default('abort'),
    )
    .option(
      '--migration-verify-handles',
      'with find-paths: make sure that the file found is the same one',
      false,
    )
    .addOption(new Option('--migration-confirm-paths', 'accepted: paths are always confirmed').hideHelp())
    .option('--sandbox <mode>', 'must be none: the daemon does not confine itself')
    .option('--seccomp <action>', 'only none is honoured', 'none')
    .option(
      '--log-level <level>',
      `what to log: ${LOG_LEVELS.join(', ')}`,
      oneOf(LOG_LEVELS, LOG_LEVELS_TOO),
      'info',
    )
    .option('--syslog', 'log to the system log instead of standard error', false)
    .option('-d', 'the same as --log-level debug')
    .option('-f', 'accepted: the daemon always stays in the foreground')
    .option('--print-capabilities', 'print what the daemon can do, as JSON, and end')
    .version(version, '-V, --version')
  return addTreeOptions(daemon).addHelpText(
    'after',
    `
-o source=PATH,cache=POLICY,xattr,no_xattr,writeback,... of older daemons is understood.
Serves one virtual machine after the other until SIGTERM or SIGINT.
With --mount, --config or --control-socket it serves a tree, in one thread; the shared directory, if any, is mounted at / of it.
Exit codes: 0 stopped, 64 wrong use, 66 a directory or the config file cannot be used, 69 cannot listen.`,
  )
}

function defaultQueues(): number {
  return Math.min(DEFAULT_QUEUES, availableParallelism())
}

/** What `--print-capabilities` prints (vhost-user, "Backend program conventions"). */
const CAPABILITIES = JSON.stringify(
  { type: 'fs', features: ['migrate-precopy', 'separate-options'] },
  undefined,
  2,
)

/** The socket to listen on that a service manager has opened: the first that is not for control. */
function socketOf(sockets: ReadonlyMap<string, number>): number | undefined {
  const [first] = [...sockets].filter(([name]) => name !== CONTROL_SOCKET_NAME)
  return first?.[1]
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
  const expanded = expandLegacyOptions(argv)
  const refused = refusal(expanded)
  if (refused !== undefined) throw new UsageError(refused)
  const program = command(version)
  parseCommandLine(program, expanded)
  const given = program.opts<
    { printCapabilities?: true; socket?: string; d?: true; logLevel: string } & TreeArguments
  >()
  if (given.printCapabilities) throw new UsageError(CAPABILITIES, ExitCode.OK)
  const tree = readTree({
    ...given,
    controlSocket: given.controlSocket ?? sockets.get(CONTROL_SOCKET_NAME),
  })
  const isSocketGiven = ['socket', 'socketPath', 'fd'].some((name) => name in given)
  const isLogLevelGiven = program.getOptionValueSource('logLevel') === 'cli'
  const { sharedDir, ...options } = checkOptions(daemonOptions, {
    ...given,
    ...(given.socket === undefined ? {} : { socketPath: given.socket }),
    ...(isSocketGiven ? {} : { fd: socketOf(sockets) }),
    logLevel: given.d ? 'debug' : isLogLevelGiven ? given.logLevel : (tree?.logLevel ?? given.logLevel),
  })
  if (tree !== undefined) {
    if (options.threadPoolSize > 1) {
      throw new UsageError('--thread-pool-size: a tree is served in one thread (see --help)')
    }
    const first = sharedDir === undefined ? [] : [{ path: '/', source: resolve(sharedDir) }]
    return { ...options, tree: { ...tree, mounts: [...first, ...tree.mounts] } }
  }
  if (sharedDir !== undefined) return { ...options, sharedDir }
  throw new UsageError('--shared-dir: is needed, or --mount: what to share (see --help)')
}

import { parseNumber, UsageError } from '@fb/daemon'
import { escapeOption, splitOptions } from '@fb/transport-fusedev'
import { InvalidArgumentError } from 'commander'

/** Options of the daemon that can be given with `-o`, as its own options are called. */
export interface WordOptions {
  cache?: string
  attrTimeout?: number
  entryTimeout?: number
  negativeTimeout?: number
  xattr?: boolean
  writeback?: boolean
  workers?: number
  trace?: boolean
  logLevel?: string
  logFile?: string
  syslog?: boolean
  config?: string
  controlSocket?: string
}

/** What the arguments of `-o` say, sorted out. */
export interface MountWords {
  /** What is left for `parseMountOptions`: a text for each that was given. */
  readonly mountOptions: readonly string[]
  readonly options: WordOptions
  /** libfuse's `nonempty`: nothing is to be said of a mount point that is not empty. */
  readonly nonempty: boolean
  /** A line for each word that has no effect here though it does something elsewhere. */
  readonly notes: readonly string[]
}

const SWITCHES: Readonly<Record<string, WordOptions>> = {
  xattr: { xattr: true },
  no_xattr: { xattr: false },
  writeback: { writeback: true },
  writeback_cache: { writeback: true },
  no_writeback: { writeback: false },
  trace: { trace: true },
  debug: { trace: true },
  direct_io: { cache: 'never' },
  auto_cache: { cache: 'auto' },
  syslog: { syslog: true },
}
const TEXTS: Readonly<Record<string, (value: string) => WordOptions>> = {
  cache: (cache) => ({ cache }),
  log_level: (logLevel) => ({ logLevel }),
  log_file: (logFile) => ({ logFile }),
  config: (config) => ({ config }),
  control_socket: (controlSocket) => ({ controlSocket }),
}
const NUMBERS: Readonly<Record<string, (value: number) => WordOptions>> = {
  attr_timeout: (attrTimeout) => ({ attrTimeout }),
  entry_timeout: (entryTimeout) => ({ entryTimeout }),
  negative_timeout: (negativeTimeout) => ({ negativeTimeout }),
  workers: (workers) => ({ workers }),
}

/** Words of libfuse programs for what is always so here. */
const ALWAYS: ReadonlySet<string> = new Set([
  ...['use_ino', 'readdir_ino', 'big_writes', 'large_read', 'async_read', 'atomic_o_trunc', 'clone_fd'],
])
/** Words of libfuse programs that have no effect here, and what is to be said of them. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  kernel_cache: 'cache=always keeps file data when a file is opened again',
  hard_remove: 'files that are removed while in use stay usable as on the host',
  ac_attr_timeout: 'attr_timeout is what counts',
  no_remote_lock: 'locks are taken on the host',
  no_remote_flock: 'locks are taken on the host',
  no_remote_posix_lock: 'locks are taken on the host',
  ...Object.fromEntries(
    [
      ...['sync_read', 'max_write', 'max_readahead', 'max_background', 'congestion_threshold'],
      ...['remember', 'noforget', 'intr', 'intr_signal', 'max_threads', 'max_idle_threads', 'idle_threads'],
      ...['splice_read', 'splice_write', 'splice_move'].flatMap((word) => [word, `no_${word}`]),
    ].map((word) => [word, 'the daemon decides that itself']),
  ),
}
/** Words that would change who may do what, so that passing over them could do harm. */
const REFUSED: Readonly<Record<string, string>> = {
  uid: 'files keep their owners; --mount PATH=SOURCE,uidmap=... translates them',
  gid: 'files keep their groups; --mount PATH=SOURCE,gidmap=... translates them',
  umask: 'files keep their modes',
  setuid: 'start the daemon, or mount, as that user',
  drop_privileges: 'the daemon needs its rights to act for others',
}

/** A word of the daemon, with dashes or underscores as other programs have it; `undefined` where it is none. */
function asOption(name: string, value: string | undefined): WordOptions | undefined {
  const word = name.replaceAll('-', '_')
  const asSwitch = own(SWITCHES, word)
  if (asSwitch !== undefined) {
    if (value !== undefined) throw new UsageError(`-o: ${name} takes no value`)
    return asSwitch
  }
  const asText = own(TEXTS, word)
  const asNumber = own(NUMBERS, word)
  if (asText === undefined && asNumber === undefined) return undefined
  if (value === undefined || value === '') throw new UsageError(`-o: ${name} needs a value: ${name}=...`)
  return asText?.(value) ?? asNumber?.(numberOf(name, value))
}

function numberOf(name: string, value: string): number {
  try {
    return parseNumber(value)
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(`-o: ${name}: ${error.message}`)
    throw error
  }
}

/**
 * Sorts out the arguments of `-o`: words of the daemon and of libfuse programs (mount.fuse3(8), fuse.h) from those that
 * concern the mount. Later ones win. Throws {@link UsageError}.
 */
export function readMountWords(texts: readonly string[]): MountWords {
  const options: WordOptions = {}
  const notes: string[] = []
  let nonempty = false
  const isForMount = (item: string): boolean => {
    const equals = item.indexOf('=')
    const name = equals < 0 ? item : item.slice(0, equals)
    const refused = own(REFUSED, name)
    if (refused !== undefined) throw new UsageError(`-o: ${name} cannot be had: ${refused}`)
    if (name === 'nonempty') nonempty = true
    const without = own(WITHOUT_EFFECT, name)
    if (without !== undefined) notes.push(`-o ${name} has no effect: ${without}`)
    if (name === 'nonempty' || without !== undefined || ALWAYS.has(name)) return false
    const option = asOption(name, equals < 0 ? undefined : item.slice(equals + 1))
    Object.assign(options, option)
    return option === undefined
  }
  const mountOptions = texts.map((text) => splitOptions(text).filter(isForMount).map(escapeOption).join(','))
  return { mountOptions: mountOptions.filter((text) => text !== ''), options, nonempty, notes }
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

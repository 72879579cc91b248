import { InitFlag } from '@fb/abi'
import { Connection, type ConnectionLimits, type Notifier, OPERATION_NAMES, OPERATIONS } from '@fb/api'
import type { ConnectionState } from '../state/tree-state.js'
import { MountConnection } from './connection.js'
import type { Mount } from './mount.js'
import { MountNotifier, type NodeNames } from './notifier.js'

/**
 * Features that change what the kernel asks of every file system of the connection, or leaves to it: on only where all back
 * ends want them. The others add something that a back end may ignore: on where one wants them.
 */
const UNANIMOUS =
  InitFlag.ASYNC_READ |
  InitFlag.ATOMIC_O_TRUNC |
  InitFlag.BIG_WRITES |
  InitFlag.PARALLEL_DIROPS |
  InitFlag.ASYNC_DIO |
  InitFlag.WRITEBACK_CACHE |
  InitFlag.HANDLE_KILLPRIV |
  InitFlag.HANDLE_KILLPRIV_V2 |
  InitFlag.POSIX_ACL |
  InitFlag.MAX_PAGES |
  InitFlag.CACHE_SYMLINKS |
  InitFlag.EXPLICIT_INVAL_DATA |
  InitFlag.DIRECT_IO_ALLOW_MMAP |
  InitFlag.ALLOW_IDMAP

/**
 * What no back end is offered: to answer ENOSYS to open, which is remembered for the whole connection; and to find nodes again
 * that the client has forgotten, of which the tree does not know whose they were.
 */
const NEVER = InitFlag.NO_OPEN_SUPPORT | InitFlag.NO_OPENDIR_SUPPORT | InitFlag.EXPORT_SUPPORT

/** Locks of back ends that have none are kept by the tree, but only where somebody asks for them. */
const LOCKS = OPERATIONS.setlk.features ?? 0n

/** Sets back ends up: finds out what they want and settles it with the kernel. */
export class Features {
  /** The connection, from INIT on. */
  connection: Connection | undefined
  /** What is on before any back end has a say. */
  #defaults = 0n
  readonly #names: NodeNames
  readonly #wanted: bigint

  /** @param wanted `InitFlag` bits to turn on in any case, for back ends that come later */
  constructor(names: NodeNames, wanted: bigint) {
    this.#names = names
    this.#wanted = wanted
  }

  /** Whether every bit is on. */
  has(flag: bigint): boolean {
    return this.connection?.has(flag) === true
  }

  /** How to reach the kernel's caches. */
  get notifier(): Notifier | undefined {
    return this.connection?.notifier
  }

  /**
   * Answers INIT: calls `init` of every back end and turns on what they agree on. Throws what a back end throws; then those
   * before it are in `done`.
   */
  begin(connection: Connection, mounts: Iterable<Mount>, done: Mount[]): void {
    this.#defaults = connection.flags & ~NEVER
    const offered = connection.offered & ~NEVER
    const wishes: MountConnection[] = []
    for (const mount of mounts) {
      wishes.push(this.#setUp(connection, mount, offered))
      done.push(mount)
    }
    const flags = agree(
      wishes.map((wish) => wish.flags),
      this.#defaults & ~LOCKS,
    )
    connection.disable(connection.flags)
    connection.enable(flags | this.#wanted)
    agreeOnLimits(
      connection.limits,
      wishes.map((wish) => wish.limits),
    )
    this.connection = connection
    for (const mount of done) this.#settle(connection, mount)
  }

  /** Sets up a back end that is mounted later: it gets what is on, and can turn nothing on or off. */
  join(mount: Mount): void {
    const { connection } = this
    if (connection === undefined) return
    this.#setUp(connection, mount, connection.flags)
    this.#settle(connection, mount)
  }

  /** What INIT settled, as plain data; `undefined` before that. */
  describe(): ConnectionState | undefined {
    if (this.connection === undefined) return undefined
    const { minor, offered, flags, limits } = this.connection
    return {
      ...{ major: 7, minor, offered: String(offered), flags: String(flags) },
      ...{ defaults: String(this.#defaults), limits: { ...limits } },
    }
  }

  /** Goes on with a connection that another object has set up: no `init` is called. */
  resume(state: ConnectionState, mounts: Iterable<Mount>, notifier: Notifier | undefined): void {
    const { major, minor, offered, flags, defaults, limits } = state
    const connection = new Connection({ major, minor, offered: BigInt(offered) }, { ...limits }, notifier)
    connection.enable(BigInt(flags))
    this.connection = connection
    this.#defaults = BigInt(defaults)
    for (const mount of mounts) {
      const own = this.#connect(connection, mount, connection.flags)
      own.settleTo(connection)
      mount.fs.join?.(own)
    }
  }

  #setUp(connection: Connection, mount: Mount, offered: bigint): MountConnection {
    const { fs } = mount
    const own = this.#connect(connection, mount, offered)
    own.enable(this.#defaults)
    for (const operation of OPERATION_NAMES) {
      const { features = 0n } = OPERATIONS[operation]
      if (features !== 0n && fs[operation] === undefined) own.disable(features)
    }
    mount.active = true
    fs.init?.(own)
    return own
  }

  /** Gives a mount its side of the connection. */
  #connect(connection: Connection, mount: Mount, offered: bigint): MountConnection {
    const { notifier } = connection
    const own = new MountConnection(
      connection,
      offered,
      notifier === undefined ? undefined : new MountNotifier(notifier, mount, this.#names),
    )
    mount.connection = own
    return own
  }

  /** What the kernel leaves to us and the back end has not taken on. */
  #settle(connection: Connection, mount: Mount): void {
    const own = mount.connection
    if (own === undefined) return
    mount.masks = connection.has(InitFlag.DONT_MASK) && !own.has(InitFlag.DONT_MASK)
    mount.truncates = connection.has(InitFlag.ATOMIC_O_TRUNC) && !own.has(InitFlag.ATOMIC_O_TRUNC)
    own.settleTo(connection)
    mount.fs.join?.(own)
  }
}

function agree(wishes: readonly bigint[], without: bigint): bigint {
  if (wishes.length === 0) return without
  let any = 0n
  let all = ~0n
  for (const flags of wishes) {
    any |= flags
    all &= flags
  }
  return (any & ~UNANIMOUS) | (all & UNANIMOUS)
}

/** The strictest limit where a limit protects a back end, the most generous where it is room that one may need. */
function agreeOnLimits(limits: ConnectionLimits, wishes: readonly ConnectionLimits[]): void {
  if (wishes.length === 0) return
  const least = (name: keyof ConnectionLimits) => Math.min(...wishes.map((wish) => wish[name]))
  const most = (name: keyof ConnectionLimits) => Math.max(...wishes.map((wish) => wish[name]))
  limits.maxWrite = least('maxWrite')
  limits.maxReadahead = least('maxReadahead')
  limits.timeGran = least('timeGran')
  limits.maxBackground = most('maxBackground')
  limits.congestionThreshold = most('congestionThreshold')
  limits.mapAlignment = most('mapAlignment')
  limits.maxStackDepth = most('maxStackDepth')
  limits.requestTimeout = most('requestTimeout')
}

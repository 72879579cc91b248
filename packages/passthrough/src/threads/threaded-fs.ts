import {
  type Connection,
  type Context,
  type DirectorySink,
  type Entry,
  Errno,
  type FileSystem,
  type Notifier,
  OPERATION_NAMES,
  OPERATIONS,
  type Operation,
  type ReadSink,
  type ServingThread,
  type StatePieces,
  type WriteSource,
} from '@fb/api'
import type { PassthroughFs, PassthroughUsage } from '../passthrough-fs.js'
import type { HostFs } from './host-thread-handle.js'
import { HostThreads } from './host-threads.js'
import {
  DATA_BYTES,
  FORGET_MANY,
  type HostAnswer,
  type HostCall,
  type HostEntry,
  type HostIo,
} from './messages.js'

/** Where operations have a sink or a source among their arguments. */
const IO: Readonly<Partial<Record<Operation, number>>> = { read: 3, write: 3, readdir: 3, readdirplus: 3 }
/** Operations that may take set-id bits away. */
const MAY_DROP_SET_ID: ReadonlySet<string> = new Set<Operation>([
  'open',
  'create',
  'write',
  'fallocate',
  'copyFileRange',
  'setattr',
])
/** How long the end waits for a host, in milliseconds. */
const END_MS = 3000
/** A READ is not longer than the memory of a thread; the rest is asked for again. */
const MOST_BYTES = DATA_BYTES

const threads = new HostThreads()
let lastFs = 0
let lastCall = 0

/** A {@link PassthroughFs} whose calls to the host are made by threads of their own: see {@link onThreads}. */
export interface ThreadedFs extends FileSystem {
  usage(): PassthroughUsage
  /** As that of {@link PassthroughFs}, but nothing is closed where a thread is still in a call to the host. */
  close(): void
}

/**
 * Has threads of their own make the calls of a file system to its host, so that a host that does not answer holds up who
 * asks for it, and not the thread that serves. Costs a message to another thread and back for each operation.
 */
export function onThreads(inner: PassthroughFs): ThreadedFs {
  lastFs += 1
  const share = inner.share()
  const fs: HostFs = { id: lastFs, share: { ...share, options: { ...share.options, blocking: true } } }
  const forgets = new Forgets(fs)
  let isStuck = false
  let notifier: Notifier | undefined
  const call = (name: Operation): [string, unknown] => [
    name,
    (...args: unknown[]) => submit(fs, name, args, OPERATIONS[name].context, IO[name]),
  ]
  const methods = Object.fromEntries(OPERATION_NAMES.filter((name) => name in inner).map(call)) as Pick<
    PassthroughFs,
    Extract<Operation, keyof PassthroughFs>
  >
  return {
    ...methods,
    init: (connection: Connection) => inner.init(connection),
    join: (thread: ServingThread) => {
      notifier = thread.notifier
      inner.join(thread)
    },
    ioctl: async (node, fh, request, ctx) => {
      const outcome = await methods.ioctl(node, fh, request, ctx)
      // The kernel does not know what changes attributes; the thread cannot tell it.
      if (request.input.length > 0 && !(outcome instanceof Errno))
        await notifier?.invalInode(node, -1).catch(() => {})
      return outcome
    },
    forget: (node, count) => forgets.add(node, count),
    destroy: async () => {
      forgets.flush()
      const ended = submit(fs, 'destroy', [], 0).then(() => true)
      isStuck = !(await Promise.race([ended, late()]))
    },
    saveState: () => inner.saveState(),
    restoreState: (state: StatePieces) => inner.restoreState(state),
    resume: () => inner.resume(),
    usage: () => inner.usage(),
    close: () => {
      if (threads.detach(fs) && !isStuck) inner.close()
    },
  }
}

function late(): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), END_MS).unref()
  })
}

function submit(
  fs: HostFs,
  method: string,
  given: readonly unknown[],
  /** How many arguments there are, behind which the context stands if there is one. */
  count: number,
  /** Which is a sink or a source. */
  at?: number,
): Promise<unknown> {
  lastCall += 1
  const id = lastCall
  const args = given.slice(0, count).map(own)
  const context = given[count] as Context | undefined
  const io = at === undefined ? undefined : numbersOf(method, given[at], at)
  if (io !== undefined) args[io.at] = undefined
  const call: HostCall = {
    ...{ method, args },
    ...(context === undefined ? {} : { context: { at: count, value: callerOf(method, context) } }),
    ...(io === undefined ? {} : { io }),
  }
  const payload =
    io?.kind === 'write' ? (given[io.at] as WriteSource).bytes().subarray(0, io.size) : undefined
  return new Promise((resolve, reject) => {
    const interrupt = (): void => threads.interrupt(id)
    context?.signal.addEventListener('abort', interrupt, { once: true })
    const settle = (answer: HostAnswer, data: Uint8Array): void => {
      context?.signal.removeEventListener('abort', interrupt)
      if ('defect' in answer) reject(answer.defect)
      else if ('errno' in answer) resolve(Errno.of(answer.errno))
      else resolve(take(fs, answer, io, given, data))
    }
    threads.submit({ id, fs, call, payload, settle })
    if (context?.signal.aborted === true) interrupt()
  })
}

/** Arguments that are views into the request, and may be used again before another thread has them. */
function own(argument: unknown): unknown {
  if (argument instanceof Uint8Array) return argument.slice()
  if (typeof argument === 'object' && argument !== null && 'input' in argument) {
    return { ...argument, input: own(argument.input) }
  }
  return argument
}

function callerOf(method: string, context: Context): object {
  const { uid, gid, pid, umask, groups, securityContexts, unique } = context
  const caller = { uid, gid, pid, umask, groups, securityContexts, unique }
  // Costly, and needed only for set-id bits, which what changes a file may take away.
  return MAY_DROP_SET_ID.has(method) ? { ...caller, process: context.process } : caller
}

function numbersOf(method: string, io: unknown, at: number): HostIo {
  if (method === 'read') {
    const { size, flags, lockOwner } = io as ReadSink
    return { kind: 'read', at, size: Math.min(size, MOST_BYTES), value: { flags, lockOwner } }
  }
  if (method === 'write') {
    const { size, flags, writeFlags, lockOwner } = io as WriteSource
    return { kind: 'write', at, size: Math.min(size, MOST_BYTES), value: { flags, writeFlags, lockOwner } }
  }
  return { kind: 'list', at, size: (io as DirectorySink).remaining }
}

/** What the operation gives, from what the thread gave. */
function take(
  fs: HostFs,
  { value, entries }: Extract<HostAnswer, { value: unknown }>,
  io: HostIo | undefined,
  given: readonly unknown[],
  data: Uint8Array,
): unknown {
  if (io?.kind === 'read' && typeof value === 'number' && value >= 0)
    return new Uint8Array(data.subarray(0, value))
  if (entries !== undefined && io !== undefined) addAll(fs, entries, given[io.at] as DirectorySink)
  return value
}

function addAll(fs: HostFs, entries: readonly HostEntry[], sink: DirectorySink): void {
  for (const { kind, args } of entries) {
    if (kind === 'add') {
      sink.add(...args)
      continue
    }
    const [name, entry, cookie] = args as [Uint8Array, Entry, bigint]
    if (!sink.addPlus(name, entry, cookie)) void submit(fs, 'forget', [entry.nodeid, 1], 2)
  }
}

/** What the client forgets, told to the host in one call for many. */
class Forgets {
  readonly #fs: HostFs
  #nodes: [node: number, count: number][] = []

  constructor(fs: HostFs) {
    this.#fs = fs
  }

  add(node: number, count: number): void {
    if (this.#nodes.length === 0) setImmediate(() => this.flush())
    this.#nodes.push([node, count])
  }

  flush(): void {
    const nodes = this.#nodes
    this.#nodes = []
    if (nodes.length > 0) void submit(this.#fs, FORGET_MANY, [nodes], 1)
  }
}

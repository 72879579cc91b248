import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@fb/api'
import { gaugeText, prometheusText } from '@fb/middleware'
import { ControlError } from './control-error.js'
import type { Change, MountEntry, Stats, Status } from './control-protocol.js'
import type { ControlTarget } from './control-target.js'
import type { Gate } from './gate.js'
import type { LogLevel } from './log-level.js'
import type { MountSpec } from './mount-spec.js'
import { operationNumbers } from './operation-numbers.js'
import type { ServedTree, TreeMount } from './served-tree.js'

/** A logger whose level can be changed; one of pino is. */
export interface LeveledLogger extends Logger {
  level: string
}

/** Options of a {@link TreeTarget}. */
export interface TreeTargetOptions {
  /** A tree that is controlled. */
  readonly tree: ServedTree
  readonly logger: LeveledLogger
  readonly program: string
  readonly version: string
  /** Where it is served: a mount point or a socket. */
  readonly serving: string
}

/** Seconds that a change waits for a client which cannot be told to forget the old state by itself. */
const MOST_PATIENCE = 5
/** Protocol version with FUSE_NOTIFY_INC_EPOCH (include/uapi/linux/fuse.h): Linux 6.16. */
const EPOCH_MINOR = 44
/** Seconds for which the tree lets its own directories be kept. */
const TREE_TIMEOUT = 1
const MILLISECONDS = 1000

/** Controls a {@link ServedTree}. */
export class TreeTarget implements ControlTarget {
  readonly #options: TreeTargetOptions
  readonly #tree: ServedTree
  readonly #gate: Gate
  /** How often `resume` was obeyed. */
  #resumes = 0
  /** Set while operations are stopped: when they go on by themselves. */
  #lease: { readonly timer: NodeJS.Timeout; readonly end: number } | undefined

  constructor(options: TreeTargetOptions) {
    const { tree } = options
    if (tree.gate === undefined) throw new TypeError('the tree is not one that can be controlled')
    this.#options = options
    this.#tree = tree
    this.#gate = tree.gate
  }

  status(): Status {
    const { program, version, serving, logger } = this.#options
    return {
      ...{ program, version, pid: process.pid, uptime: process.uptime(), serving },
      connected: this.#tree.connection !== undefined,
      quiesced: this.#gate.isClosed,
      ...(this.#lease === undefined ? {} : { resumesIn: this.#secondsUntil(this.#lease.end) }),
      inFlight: this.#gate.inFlight,
      held: this.#gate.held,
      mounts: this.#tree.list().length,
      logLevel: logger.level as LogLevel,
      rss: process.memoryUsage.rss(),
      descriptors: readdirSync('/proc/self/fd').length,
    }
  }

  list(): MountEntry[] {
    return this.#tree.list().map(({ mount, info }) => {
      const { files, ...spec } = mount.spec
      return { ...spec, ...this.#usage(mount, info.handles), path: info.path, state: info.state }
    })
  }

  async mount(spec: MountSpec, options: { replace?: boolean; lazy?: boolean }): Promise<Change> {
    const before = this.#memory(spec.path)
    const mount = await this.#tree.mount(spec, options)
    this.#options.logger.info({ path: spec.path, source: spec.source, id: mount.id }, 'mounted')
    return this.#seen(mount, spec.path, Math.max(before, this.#memory(spec.path)))
  }

  async umount(path: string, options: { lazy?: boolean }): Promise<Change> {
    const before = this.#memory(path)
    const mount = await this.#tree.umount(path, options)
    this.#options.logger.info({ path, id: mount.id }, 'unmounted')
    return this.#seen(mount, path, before)
  }

  async move(from: string, to: string): Promise<Change> {
    const before = Math.max(this.#memory(from), this.#memory(to))
    const mount = await this.#tree.move(from, to)
    this.#options.logger.info({ path: to, from, id: mount.id }, 'moved')
    return this.#seen(mount, to, Math.max(before, this.#memory(to)))
  }

  setLogLevel(level: LogLevel): void {
    this.#options.logger.level = level
  }

  stats(): Stats {
    const mounts = this.#tree.list().map(({ mount, info }) => {
      const usage = this.#usage(mount, info.handles)
      return { ...usage, path: info.path, state: info.state, operations: operationNumbers(mount.metrics) }
    })
    const bounds = this.#tree.list()[0]?.mount.metrics?.buckets ?? []
    return { bounds, inFlight: this.#gate.inFlight, held: this.#gate.held, mounts }
  }

  prometheus(): string {
    const mounts = this.#tree.list()
    const metrics = mounts.flatMap(({ mount }) => mount.metrics ?? [])
    const openFiles = mounts.map(({ mount, info }) => ({ labels: labelsOf(mount), value: info.handles }))
    const inodes = mounts.flatMap(({ mount }) => {
      const value = mount.backEnd.inodes()
      return value === undefined ? [] : [{ labels: labelsOf(mount), value }]
    })
    return [
      prometheusText(...metrics),
      gaugeText('fb_mount_open_files', 'Files and directories that the client has open.', openFiles),
      gaugeText('fb_mount_inodes', 'Inodes that the client knows.', inodes),
      gaugeText('fb_operations_held', 'Operations that wait for the end of a quiesce.', [
        { labels: {}, value: this.#gate.held },
      ]),
    ].join('')
  }

  async quiesce({ timeout, hold }: { timeout: number; hold: number }): Promise<number> {
    const { logger } = this.#options
    const resumes = this.#resumes
    if (!(await this.#tree.stop(timeout * MILLISECONDS))) {
      if (this.#resumes !== resumes) throw new ControlError('ECANCELED', 'resumed before all were stopped')
      throw new ControlError('ETIMEDOUT', `operations were still under way after ${timeout} s: all go on`)
    }
    this.#holdFor(hold)
    logger.info({ seconds: hold }, 'operations are stopped until they are resumed')
    return this.#gate.held
  }

  resume(): number {
    const released = this.#release()
    if (released === undefined) throw new ControlError('EALREADY', 'operations are not stopped')
    this.#resumes += 1
    this.#options.logger.info({ released }, 'operations go on')
    return released
  }

  /** Operations go on by themselves after so many seconds; what was said before holds no longer. */
  #holdFor(seconds: number): void {
    clearTimeout(this.#lease?.timer)
    const milliseconds = seconds * MILLISECONDS
    const timer = setTimeout(() => {
      const released = this.#release()
      if (released === undefined) return
      this.#options.logger.warn({ seconds, released }, 'operations go on: nobody has resumed them')
    }, milliseconds)
    this.#lease = { timer: timer.unref(), end: performance.now() + milliseconds }
  }

  #release(): number | undefined {
    clearTimeout(this.#lease?.timer)
    this.#lease = undefined
    return this.#gate.open()
  }

  #secondsUntil(end: number): number {
    return Math.max(0, Math.ceil((end - performance.now()) / MILLISECONDS))
  }

  #usage({ id, backEnd }: TreeMount, openFiles: number): Pick<MountEntry, 'id' | 'inodes' | 'openFiles'> {
    const inodes = backEnd.inodes()
    return { id, openFiles, ...(inodes === undefined ? {} : { inodes }) }
  }

  /** Seconds for which a client may remember what is, or is not, on the way to a path. */
  #memory(path: string): number {
    const above = this.#tree
      .list()
      .filter(({ info }) => `${path}/`.startsWith(info.path === '/' ? '/' : `${info.path}/`))
    return Math.max(TREE_TIMEOUT, ...above.map(({ mount }) => mount.backEnd.remembers))
  }

  /** Waits until the client sees a change, as far as that can be waited for. */
  async #seen({ id }: TreeMount, path: string, memory: number): Promise<Change> {
    const { connection } = this.#tree
    const isTold = connection?.notifier !== undefined && (path !== '/' || connection.minor >= EPOCH_MINOR)
    if (connection === undefined || isTold) return { id, visible: true, after: 0 }
    if (memory > MOST_PATIENCE) return { id, visible: false, after: memory }
    await sleep(memory * MILLISECONDS)
    return { id, visible: true, after: 0 }
  }
}

function labelsOf({ metrics }: TreeMount): Readonly<Record<string, string>> {
  return metrics?.labels ?? {}
}

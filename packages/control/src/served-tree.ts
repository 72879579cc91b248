import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, FileSystem, Logger } from '@fb/api'
import { Metrics, measure } from '@fb/middleware'
import { type MountInfo, Vfs } from '@fb/vfs'
import { type BackEnd, featuresOf, type MountDefaults, openBackEnd } from './back-end.js'
import { ControlError } from './control-error.js'
import { Gate } from './gate.js'
import { mountOptions } from './mount-options.js'
import type { MountSpec } from './mount-spec.js'

/** One mount of a {@link ServedTree}. */
export interface TreeMount {
  /** Never used again. */
  readonly id: number
  readonly spec: MountSpec
  /** Where it is, or was last: another path than that of `spec` once it has been moved. */
  path: string
  readonly backEnd: BackEnd
  /** What is mounted: the back end, measured where the tree is controlled. */
  readonly fs: FileSystem
  /** Where the tree is controlled. */
  readonly metrics: Metrics | undefined
  /** It is out of the tree: the end of its back end is the end of it. */
  leaving: boolean
}

/** Options of a {@link ServedTree}. */
export interface ServedTreeOptions {
  /** Whether it will be changed, stopped and measured while it is served. Costs two looks at the clock per operation. */
  readonly controlled: boolean
  /** For mounts that do not say otherwise. */
  readonly defaults: MountDefaults
  readonly logger: Logger
  /** Rejects for a source that must not be served, before it is opened. */
  readonly checkSource?: (source: string) => Promise<void>
}

/** How long a change waits for the client to take it, in milliseconds. */
const TOLD_MS = 2000

/** A tree of back ends that are made from descriptions: a {@link Vfs}, and what its mounts need besides. */
export class ServedTree {
  readonly vfs: Vfs
  /** What a server serves. */
  readonly fileSystem: FileSystem
  /** Where the tree is controlled. */
  readonly gate: Gate | undefined
  /** The connection, from INIT (or the moment when another process's was taken over) to DESTROY. */
  connection: Connection | undefined

  readonly #options: ServedTreeOptions
  readonly #mounts = new Map<FileSystem, TreeMount>()
  #lastId = 0
  /** One change at a time. */
  #changing: Promise<unknown> = Promise.resolve()

  constructor(options: ServedTreeOptions) {
    const { controlled, defaults, logger } = options
    this.#options = options
    const submounts = defaults.announceSubmounts === true
    this.vfs = new Vfs({ features: featuresOf(defaults), submounts, logger })
    this.gate = controlled ? new Gate() : undefined
    this.fileSystem = this.gate === undefined ? this.vfs : this.#watched(this.gate.guard(this.vfs))
  }

  /**
   * Opens a back end and mounts it. Resolves when it is in the tree and the client has been told.
   * Throws {@link ControlError}, VfsError or RangeError; nothing has changed then.
   */
  async mount(spec: MountSpec, { replace = false, lazy = false } = {}): Promise<TreeMount> {
    // No change waits for a source that does not answer.
    if (spec.source !== undefined) await this.#lookAt(spec.source)
    return this.#change(async () => {
      const mount = this.#open(spec)
      const replaced = replace ? this.#at(spec.path) : undefined
      if (replaced !== undefined) replaced.leaving = true
      try {
        const options = { ...mountOptions(spec, this.#options.defaults), replace, lazy }
        await this.vfs.mount(mount.fs, spec.path, options)
      } catch (error) {
        if (replaced !== undefined) replaced.leaving = false
        mount.backEnd.close()
        throw error
      }
      this.#mounts.set(mount.fs, mount)
      this.#sweep()
      await this.#told()
      return mount
    })
  }

  /** Takes away what is mounted on top at a path. Resolves when it is out of the tree and the client has been told. */
  umount(path: string, { lazy = false } = {}): Promise<TreeMount> {
    return this.#change(async () => {
      const mount = this.#mountedAt(path)
      mount.leaving = true
      try {
        await this.vfs.umount(path, { lazy })
      } catch (error) {
        mount.leaving = false
        throw error
      }
      this.#sweep()
      await this.#told()
      return mount
    })
  }

  /**
   * Moves what is mounted on top at a path, and all mounts below it, to another path. Resolves when it is there and the
   * client has been told.
   */
  move(from: string, to: string): Promise<TreeMount> {
    return this.#change(async () => {
      const mount = this.#mountedAt(from)
      await this.vfs.move(from, to)
      for (const { fs, path } of this.vfs.list()) {
        const moved = this.#mounts.get(fs)
        if (moved !== undefined) moved.path = path
      }
      await this.#told()
      return mount
    })
  }

  /**
   * Stops operations, after changes of the tree that are under way: these may need an operation to end. Resolves as
   * {@link Gate.close}. The tree cannot be changed before {@link Gate.open}. Throws TypeError where the tree is not
   * controlled.
   */
  stop(milliseconds: number): Promise<boolean> {
    const { gate } = this
    if (gate === undefined) throw new TypeError('the tree is not one that can be controlled')
    const stopped = this.#changing.then(() => gate.close(milliseconds))
    this.#changing = stopped
    return stopped
  }

  /** Every mount, as the tree lists them. */
  list(): { readonly mount: TreeMount; readonly info: MountInfo }[] {
    this.#sweep()
    return this.vfs.list().flatMap((info) => {
      const mount = this.#mounts.get(info.fs)
      return mount === undefined ? [] : [{ mount, info }]
    })
  }

  /** Gives back what the back ends hold, when nothing is served any more. */
  close(): void {
    for (const { backEnd } of this.#mounts.values()) backEnd.close()
    this.#mounts.clear()
  }

  /** The connection comes and goes with the client. */
  #watched(fs: FileSystem): FileSystem {
    return {
      ...fs,
      init: (connection) => {
        this.connection = connection
        return fs.init?.(connection)
      },
      destroy: () => {
        this.connection = undefined
        return fs.destroy?.()
      },
      restoreState: async (state) => {
        const lost = await this.vfs.restoreState(state)
        this.connection = this.vfs.connection
        return lost
      },
    }
  }

  /**
   * Resolves when the client has been told of the change, or has not taken it for a while: its kernel waits for an operation
   * under way in the directory, which may wait for a host that does not answer.
   */
  async #told(): Promise<void> {
    const patience = new AbortController()
    const late = delay(TOLD_MS, undefined, { signal: patience.signal, ref: false }).catch(() => {})
    await Promise.race([this.vfs.settled(), late])
    patience.abort()
  }

  /** Rejects for a source that must not be served; waits for its host, so that opening it does not. */
  async #lookAt(source: string): Promise<void> {
    await this.#options.checkSource?.(source)
    // What is wrong with it is said by whoever opens it.
    await stat(source).catch(() => {})
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const outcome = this.#changing.then(() => {
      if (this.gate?.isClosed === true)
        throw new ControlError('EBUSY', 'operations are stopped: resume first')
      return change()
    })
    this.#changing = outcome.catch(() => {})
    return outcome
  }

  #open(spec: MountSpec): TreeMount {
    const { controlled, defaults } = this.#options
    const backEnd = openBackEnd(spec, defaults)
    this.#lastId += 1
    const id = this.#lastId
    const { path } = spec
    if (!controlled) return { id, spec, path, backEnd, fs: backEnd.fs, metrics: undefined, leaving: false }
    const metrics = new Metrics({
      labels: {
        get mount(): string {
          return mount.path
        },
        id: String(id),
      },
    })
    const fs = {
      ...measure(backEnd.fs, metrics),
      destroy: async (): Promise<void> => {
        await backEnd.fs.destroy?.()
        if (mount.leaving) backEnd.close()
      },
    }
    const mount: TreeMount = { id, spec, path, backEnd, fs, metrics, leaving: false }
    return mount
  }

  /** What is mounted on top at a path. Throws ENOENT where nothing is. */
  #mountedAt(path: string): TreeMount {
    const mount = this.#at(path)
    if (mount === undefined) throw new ControlError('ENOENT', `nothing is mounted at ${path}`)
    return mount
  }

  /** What is mounted on top at a path; `undefined` where nothing is. */
  #at(path: string): TreeMount | undefined {
    const wanted = normal(path)
    const info = this.vfs.list().find((each) => each.state === 'mounted' && normal(each.path) === wanted)
    return info === undefined ? undefined : this.#mounts.get(info.fs)
  }

  /** Lets go of mounts that the tree has let go of: also those that ended while nobody was connected. */
  #sweep(): void {
    const listed = new Set(this.vfs.list().map(({ fs }) => fs))
    for (const [fs, mount] of this.#mounts) {
      if (!mount.leaving || listed.has(fs)) continue
      mount.backEnd.close()
      this.#mounts.delete(fs)
    }
  }
}

/** A path as the tree shows it. */
function normal(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`
}

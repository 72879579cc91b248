import type { Change, MountEntry, Stats, Status } from './control-protocol.js'
import type { LogLevel } from './log-level.js'
import type { MountSpec } from './mount-spec.js'

/** What a control socket controls. Methods throw or reject with what `toControlError` understands. */
export interface ControlTarget {
  status(): Status
  list(): MountEntry[]
  /** Resolves when it is mounted, and the client sees it or `after` says when it will. */
  mount(spec: MountSpec, options: { replace?: boolean; lazy?: boolean }): Promise<Change>
  umount(path: string, options: { lazy?: boolean }): Promise<Change>
  /** What is mounted on top at a path and all below it goes to another path. */
  move(from: string, to: string): Promise<Change>
  setLogLevel(level: LogLevel): void
  stats(): Stats
  /** The same in the text format of Prometheus. */
  prometheus(): string
  /**
   * Stops operations; resolves with how many wait by then. They go on by themselves after `hold` seconds. Rejects with
   * ETIMEDOUT where one that is under way does not end within `timeout` seconds, ECANCELED where `resume` comes first.
   */
  quiesce(options: { timeout: number; hold: number }): Promise<number>
  /** Lets them go on; how many had waited. Throws EALREADY where they are not stopped. */
  resume(): number
}

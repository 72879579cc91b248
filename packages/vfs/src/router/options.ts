import type { Logger, Notifier } from '@fb/api'
import type { ClientState } from '../client/client-state.js'

/** Options of a {@link Vfs}. */
export interface VfsOptions {
  /** Seconds for which the client may keep pseudo directories and the names of mounts. Default 1. */
  readonly timeout?: number
  /**
   * `InitFlag` bits to turn on at INIT whatever the back ends say that are mounted then: those that are mounted later get
   * what is on. Default: none.
   */
  readonly features?: bigint
  /**
   * Show each mount as a mount of its own, with its own device number, where the client can (virtio-fs). Read the README
   * about what Linux makes of that when mounts go. Default false.
   */
  readonly submounts?: boolean
  /** What the client holds, where several threads serve one tree: each has a `Vfs`, with the same memory. */
  readonly client?: ClientState
  /** For `restoreState`: tells the client about changes. Otherwise the connection has it. */
  readonly notifier?: Notifier
  /** Gets what a back end fails to tell when nobody asks. Default: errors to stderr, nothing else. */
  readonly logger?: Logger
}

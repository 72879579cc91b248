import type { PassthroughShare } from '@fb/passthrough'
import type { DaemonOptions } from './options.js'

/** What the main thread hands to each serving thread: plain data. */
export interface WorkerData {
  readonly share: PassthroughShare
  readonly logLevel: DaemonOptions['logLevel']
  /** Pipe to the system log, where lines go there. */
  readonly syslogFd: number | undefined
}

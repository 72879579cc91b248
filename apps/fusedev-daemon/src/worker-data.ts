import type { LogSink } from '@fb/daemon'
import type { PassthroughShare } from '@fb/passthrough'
import type { DaemonOptions } from './options.js'

/** What the main thread hands to each serving thread: plain data. */
export interface WorkerData {
  readonly share: PassthroughShare
  /** Where lines go that are not for standard error. */
  readonly sink: LogSink | undefined
  readonly options: Pick<DaemonOptions, 'logLevel' | 'trace'>
}

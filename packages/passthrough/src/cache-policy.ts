import { OpenReplyFlag } from '@fb/abi'
import type { ResolvedOptions } from './options.js'

const DAY = 86400

/** What the kernel may keep, as plain data: timeouts in seconds and `OpenReplyFlag` bits. */
export interface CachePolicy {
  readonly attrTimeout: number
  readonly entryTimeout: number
  readonly directoryAttrTimeout: number
  readonly directoryEntryTimeout: number
  readonly negativeTimeout: number
  /** For open files. */
  readonly fileFlags: number
  /** For open directories. */
  readonly directoryFlags: number
}

const TIMEOUTS = { never: 0, metadata: DAY, auto: 1, always: DAY } as const

// DIRECT_IO leaves the order of writes to the host, which has its own locks: they may run at once.
const DIRECT = OpenReplyFlag.DIRECT_IO | OpenReplyFlag.PARALLEL_DIRECT_WRITES
const FILE_FLAGS = { never: DIRECT, metadata: DIRECT, auto: 0, always: OpenReplyFlag.KEEP_CACHE } as const

const CACHED_LIST = OpenReplyFlag.CACHE_DIR | OpenReplyFlag.KEEP_CACHE
const DIRECTORY_FLAGS = { never: 0, metadata: CACHED_LIST, auto: 0, always: CACHED_LIST } as const

/** What follows from the options `cache` and `*Timeout`. */
export function cachePolicy(options: ResolvedOptions): CachePolicy {
  const { cache } = options
  const attrTimeout = options.attrTimeout ?? TIMEOUTS[cache]
  const entryTimeout = options.entryTimeout ?? TIMEOUTS[cache]
  return {
    attrTimeout,
    entryTimeout,
    directoryAttrTimeout: options.directoryAttrTimeout ?? attrTimeout,
    directoryEntryTimeout: options.directoryEntryTimeout ?? entryTimeout,
    negativeTimeout: options.negativeTimeout,
    fileFlags: FILE_FLAGS[cache],
    directoryFlags: DIRECTORY_FLAGS[cache],
  }
}

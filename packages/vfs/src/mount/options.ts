import type { NodeId } from '@fb/api'
import type { IdMap } from '@fb/middleware'
import { INDEX_COUNT } from '../node-ids.js'

/** How a back end is mounted. */
export interface MountOptions {
  /** Refuse every change with EROFS. */
  readonly readOnly?: boolean
  /** Map user and group ids between the client and this back end. */
  readonly idMap?: IdMap
  /** Seconds for which the client may keep names, instead of what the back end says. */
  readonly entryTimeout?: number
  /** Seconds for which it may keep attributes. */
  readonly attrTimeout?: number
  /** Seconds for which it may keep that a name does not exist, where the back end lets it do so at all. */
  readonly negativeTimeout?: number
  /**
   * Most nodes of this back end that the client may know at a time; lookups beyond are answered ENFILE, and the client is
   * asked to forget some before it comes to that (Linux 6.18). Its root does not count.
   */
  readonly nodes?: number
  /** Most files and directories of this back end that may be open; more are answered ENFILE. */
  readonly handles?: number
  /**
   * Index of the mount, which is part of its node ids: for threads or processes that must agree. Default: one that has
   * been free for long; 0 for the first mount at `/`.
   */
  readonly index?: number
  /**
   * Numbers for the components of the path that no mount has needed so far, outermost first: for threads or processes that
   * must agree. Default: the next ones.
   */
  readonly places?: readonly NodeId[]
  /** Take the place of what is mounted there, at once, instead of covering it. ENOENT where nothing is. */
  readonly replace?: boolean
  /** With `replace`: see {@link UnmountOptions.lazy}. */
  readonly lazy?: boolean
}

/** How a back end is unmounted. */
export interface UnmountOptions {
  /**
   * Go on serving those who have files open or stand in a directory, until they are done, instead of answering ENOTCONN and
   * ESTALE from now on.
   */
  readonly lazy?: boolean
  /** Resolve when the back end has been destroyed, not as soon as it is out of the tree. */
  readonly wait?: boolean
}

/** The settings of a mount that are looked at while it serves. */
export interface MountSettings {
  readonly readOnly: boolean
  readonly idMap: IdMap | undefined
  readonly entryTimeout: number | undefined
  readonly attrTimeout: number | undefined
  readonly negativeTimeout: number | undefined
  /** Infinity without a limit. */
  readonly nodes: number
  readonly handles: number
}

/** Checks options. Throws RangeError for numbers out of range. */
export function mountSettings(options: MountOptions): MountSettings {
  const { readOnly = false, idMap, entryTimeout, attrTimeout, negativeTimeout, index } = options
  const { nodes = Number.POSITIVE_INFINITY, handles = Number.POSITIVE_INFINITY } = options
  for (const [name, seconds] of Object.entries({ entryTimeout, attrTimeout, negativeTimeout })) {
    if (seconds !== undefined && !(seconds >= 0))
      throw new RangeError(`${name} must be 0 or more, not ${seconds}`)
  }
  if (!(nodes >= 1)) throw new RangeError(`nodes must be 1 or more, not ${nodes}`)
  if (!(handles >= 0)) throw new RangeError(`handles must be 0 or more, not ${handles}`)
  if (index !== undefined && (!Number.isInteger(index) || index < 0 || index >= INDEX_COUNT)) {
    throw new RangeError(`index must be a whole number of 0...${INDEX_COUNT - 1}, not ${index}`)
  }
  return {
    readOnly,
    idMap,
    entryTimeout,
    attrTimeout,
    negativeTimeout,
    nodes,
    handles,
  }
}

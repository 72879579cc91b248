import type { AttrReply, Entry, Errno, FileHandle, FileSystem, NodeId, OpenReply, StatxReply } from '@fb/api'

/** A file system behind another one. */
export interface Backing {
  readonly fs: FileSystem
}

/** What is open. */
export type HandleKind = 'file' | 'directory'

/**
 * What a file system that is made of others makes of their answers. `back` is the one that has answered; its nodes and handles
 * are as it numbers them.
 *
 * What it answers at once may be an object that it uses again, and so may what is given back here: valid until the next call.
 * With `fresh`, the answer came later, and what is given back is a new object.
 */
export interface Composition<B extends Backing> {
  /**
   * An entry as the client is told it, with its lookup counted where there is one (`nodeid` is not 0). An errno where the client
   * cannot have it: nothing is counted, and the back end gets its lookup back.
   */
  entry(back: B, entry: Entry, fresh: boolean): Entry | Errno
  /** Takes back a lookup that `entry` has counted: the client did not get it. */
  uncount(back: B, node: NodeId): void
  /** The client has got an entry: after `entry`, but not for those of a list. */
  found(back: B): void
  attributes(back: B, reply: AttrReply, fresh: boolean): AttrReply
  statx(back: B, reply: StatxReply): StatxReply
  /** Inode number to show for one of a back end in a list. */
  inode(back: B, ino: number | bigint): number | bigint
  /**
   * Something has been opened. What the client is told; an errno where it cannot have it: it is closed again then.
   * @param asked the node as the client asked for it
   * @param flags those of open(2)
   */
  opened(
    back: B,
    node: NodeId,
    asked: NodeId,
    reply: OpenReply,
    kind: HandleKind,
    flags: number,
  ): OpenReply | Errno
  /** An answer comes later: called once when that is known, and `ended` once when it has come, or has failed to. */
  begun(back: B): void
  ended(back: B): void
  /** Whether answers that come now come too late: what they stand for is given back, and the client told ESTALE or ENOTCONN. */
  isGone(back: B): boolean
}

/** A handle that no open file can have. */
export function isHandle(fh: FileHandle): boolean {
  return fh >= 0 && Number.isSafeInteger(fh)
}

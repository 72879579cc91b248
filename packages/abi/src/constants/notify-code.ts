/**
 * What a server tells the kernel unasked: `fuse_out_header.error` of a message whose unique number is 0.
 *
 * The C name of a member is `FUSE_NOTIFY_` + key. Source: `enum fuse_notify_code` of `<linux/fuse.h>`.
 */
export const NotifyCode = {
  /** A polled file became ready. */
  POLL: 1,
  /** Forget cached attributes and a range of cached data of a node. */
  INVAL_INODE: 2,
  /** Forget, or only expire, a cached name. */
  INVAL_ENTRY: 3,
  /** Put data into the page cache. */
  STORE: 4,
  /** Ask for data of the page cache; NOTIFY_REPLY brings it. */
  RETRIEVE: 5,
  /** A name was removed: forget it and tell inotify watchers. */
  DELETE: 6,
  /** Send again every request that was read and not answered. */
  RESEND: 7,
  /** Expire every cached name of the connection at once. */
  INC_EPOCH: 8,
  /** Drop unused cached nodes, so that their references come back. */
  PRUNE: 9,
} as const

/** Any number of {@link NotifyCode}. */
export type NotifyCode = (typeof NotifyCode)[keyof typeof NotifyCode]

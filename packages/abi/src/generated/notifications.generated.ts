// Generated from schema/ by `pnpm run generate`: change the schema, not this file.

// Notifications: what a server tells the kernel unasked.

import type { StructDescriptor } from '../struct.js'

/**
 * NOTIFY_POLL.
 * C: `struct fuse_notify_poll_wakeup_out`.
 */
export interface FuseNotifyPollWakeupOut {
  /** Handle from `fuse_poll_in`. */
  kh: bigint
}

/** Layout and codec of `struct fuse_notify_poll_wakeup_out`, 8 bytes. */
export const FuseNotifyPollWakeupOut: StructDescriptor<FuseNotifyPollWakeupOut, 8, { readonly kh: 0 }> = {
  cName: 'fuse_notify_poll_wakeup_out',
  size: 8,
  offsets: { kh: 0 },
  fields: [
    { cName: 'kh', cType: 'uint64_t', kind: 'bigint', keys: ['kh'], offset: 0, size: 8, struct: undefined },
  ],
  create(): FuseNotifyPollWakeupOut {
    return {
      kh: 0n,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyPollWakeupOut): FuseNotifyPollWakeupOut {
    into.kh = view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigUint64(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyPollWakeupOut>): void {
    view.setBigUint64(at, value.kh, true)
  },
}

/**
 * NOTIFY_INVAL_INODE.
 * C: `struct fuse_notify_inval_inode_out`.
 */
export interface FuseNotifyInvalInodeOut {
  /** Node id (not the inode number). */
  ino: number
  /** Start of the range of data to forget, bytes; negative for attributes only. */
  off: number
  /** Length of the range, bytes; 0 or less for all that follows. */
  len: number
}

/** Layout and codec of `struct fuse_notify_inval_inode_out`, 24 bytes. */
export const FuseNotifyInvalInodeOut: StructDescriptor<FuseNotifyInvalInodeOut, 24, { readonly ino: 0; readonly off: 8; readonly len: 16 }> = {
  cName: 'fuse_notify_inval_inode_out',
  size: 24,
  offsets: { ino: 0, off: 8, len: 16 },
  fields: [
    { cName: 'ino', cType: 'uint64_t', kind: 'number', keys: ['ino'], offset: 0, size: 8, struct: undefined },
    { cName: 'off', cType: 'int64_t', kind: 'signed', keys: ['off'], offset: 8, size: 8, struct: undefined },
    { cName: 'len', cType: 'int64_t', kind: 'signed', keys: ['len'], offset: 16, size: 8, struct: undefined },
  ],
  create(): FuseNotifyInvalInodeOut {
    return {
      ino: 0,
      off: 0,
      len: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyInvalInodeOut): FuseNotifyInvalInodeOut {
    into.ino = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.off = view.getInt32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.len = view.getInt32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyInvalInodeOut>): void {
    view.setUint32(at, value.ino, true)
    view.setUint32(at + 4, Math.floor(value.ino / 4294967296), true)
    view.setUint32(at + 8, value.off, true)
    view.setUint32(at + 12, Math.floor(value.off / 4294967296), true)
    view.setUint32(at + 16, value.len, true)
    view.setUint32(at + 20, Math.floor(value.len / 4294967296), true)
  },
}

/**
 * NOTIFY_INVAL_ENTRY; the name and a NUL follow.
 * C: `struct fuse_notify_inval_entry_out`.
 */
export interface FuseNotifyInvalEntryOut {
  /** Node of the directory. */
  parent: number
  /** Length of the name, bytes, without the NUL. */
  namelen: number
  /** Bits of `EntryFlag`. */
  flags: number
}

/** Layout and codec of `struct fuse_notify_inval_entry_out`, 16 bytes. */
export const FuseNotifyInvalEntryOut: StructDescriptor<FuseNotifyInvalEntryOut, 16, { readonly parent: 0; readonly namelen: 8; readonly flags: 12 }> = {
  cName: 'fuse_notify_inval_entry_out',
  size: 16,
  offsets: { parent: 0, namelen: 8, flags: 12 },
  fields: [
    { cName: 'parent', cType: 'uint64_t', kind: 'number', keys: ['parent'], offset: 0, size: 8, struct: undefined },
    { cName: 'namelen', cType: 'uint32_t', kind: 'number', keys: ['namelen'], offset: 8, size: 4, struct: undefined },
    { cName: 'flags', cType: 'uint32_t', kind: 'number', keys: ['flags'], offset: 12, size: 4, struct: undefined },
  ],
  create(): FuseNotifyInvalEntryOut {
    return {
      parent: 0,
      namelen: 0,
      flags: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyInvalEntryOut): FuseNotifyInvalEntryOut {
    into.parent = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.namelen = view.getUint32(at + 8, true)
    into.flags = view.getUint32(at + 12, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyInvalEntryOut>): void {
    view.setUint32(at, value.parent, true)
    view.setUint32(at + 4, Math.floor(value.parent / 4294967296), true)
    view.setUint32(at + 8, value.namelen, true)
    view.setUint32(at + 12, value.flags, true)
  },
}

/**
 * NOTIFY_DELETE; the name and a NUL follow.
 * C: `struct fuse_notify_delete_out`.
 */
export interface FuseNotifyDeleteOut {
  /** Node of the directory. */
  parent: number
  /** Node that had the name. */
  child: number
  /** Length of the name, bytes, without the NUL. */
  namelen: number
}

/** Layout and codec of `struct fuse_notify_delete_out`, 24 bytes. */
export const FuseNotifyDeleteOut: StructDescriptor<FuseNotifyDeleteOut, 24, { readonly parent: 0; readonly child: 8; readonly namelen: 16 }> = {
  cName: 'fuse_notify_delete_out',
  size: 24,
  offsets: { parent: 0, child: 8, namelen: 16 },
  fields: [
    { cName: 'parent', cType: 'uint64_t', kind: 'number', keys: ['parent'], offset: 0, size: 8, struct: undefined },
    { cName: 'child', cType: 'uint64_t', kind: 'number', keys: ['child'], offset: 8, size: 8, struct: undefined },
    { cName: 'namelen', cType: 'uint32_t', kind: 'number', keys: ['namelen'], offset: 16, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 20, size: 4, struct: undefined },
  ],
  create(): FuseNotifyDeleteOut {
    return {
      parent: 0,
      child: 0,
      namelen: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyDeleteOut): FuseNotifyDeleteOut {
    into.parent = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.child = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.namelen = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyDeleteOut>): void {
    view.setUint32(at, value.parent, true)
    view.setUint32(at + 4, Math.floor(value.parent / 4294967296), true)
    view.setUint32(at + 8, value.child, true)
    view.setUint32(at + 12, Math.floor(value.child / 4294967296), true)
    view.setUint32(at + 16, value.namelen, true)
    view.setUint32(at + 20, 0, true)
  },
}

/**
 * NOTIFY_STORE; the data follows.
 * C: `struct fuse_notify_store_out`.
 */
export interface FuseNotifyStoreOut {
  /** Node. */
  nodeid: number
  /** Where the data belongs, bytes. */
  offset: number
  /** Length of the data, bytes. */
  size: number
}

/** Layout and codec of `struct fuse_notify_store_out`, 24 bytes. */
export const FuseNotifyStoreOut: StructDescriptor<FuseNotifyStoreOut, 24, { readonly nodeid: 0; readonly offset: 8; readonly size: 16 }> = {
  cName: 'fuse_notify_store_out',
  size: 24,
  offsets: { nodeid: 0, offset: 8, size: 16 },
  fields: [
    { cName: 'nodeid', cType: 'uint64_t', kind: 'number', keys: ['nodeid'], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 16, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 20, size: 4, struct: undefined },
  ],
  create(): FuseNotifyStoreOut {
    return {
      nodeid: 0,
      offset: 0,
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyStoreOut): FuseNotifyStoreOut {
    into.nodeid = view.getUint32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    into.offset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.size = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyStoreOut>): void {
    view.setUint32(at, value.nodeid, true)
    view.setUint32(at + 4, Math.floor(value.nodeid / 4294967296), true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.size, true)
    view.setUint32(at + 20, 0, true)
  },
}

/**
 * NOTIFY_RETRIEVE.
 * C: `struct fuse_notify_retrieve_out`.
 */
export interface FuseNotifyRetrieveOut {
  /** Number that NOTIFY_REPLY will carry as its unique number. */
  notifyUnique: bigint
  /** Node. */
  nodeid: number
  /** Start of the range, bytes. */
  offset: number
  /** Length of the range, bytes. */
  size: number
}

/** Layout and codec of `struct fuse_notify_retrieve_out`, 32 bytes. */
export const FuseNotifyRetrieveOut: StructDescriptor<FuseNotifyRetrieveOut, 32, { readonly notifyUnique: 0; readonly nodeid: 8; readonly offset: 16; readonly size: 24 }> = {
  cName: 'fuse_notify_retrieve_out',
  size: 32,
  offsets: { notifyUnique: 0, nodeid: 8, offset: 16, size: 24 },
  fields: [
    { cName: 'notify_unique', cType: 'uint64_t', kind: 'bigint', keys: ['notifyUnique'], offset: 0, size: 8, struct: undefined },
    { cName: 'nodeid', cType: 'uint64_t', kind: 'number', keys: ['nodeid'], offset: 8, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 16, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 24, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 28, size: 4, struct: undefined },
  ],
  create(): FuseNotifyRetrieveOut {
    return {
      notifyUnique: 0n,
      nodeid: 0,
      offset: 0,
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyRetrieveOut): FuseNotifyRetrieveOut {
    into.notifyUnique = view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0 ? 0n : view.getBigUint64(at, true)
    into.nodeid = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.offset = view.getUint32(at + 20, true) * 4294967296 + view.getUint32(at + 16, true)
    into.size = view.getUint32(at + 24, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyRetrieveOut>): void {
    view.setBigUint64(at, value.notifyUnique, true)
    view.setUint32(at + 8, value.nodeid, true)
    view.setUint32(at + 12, Math.floor(value.nodeid / 4294967296), true)
    view.setUint32(at + 16, value.offset, true)
    view.setUint32(at + 20, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 24, value.size, true)
    view.setUint32(at + 28, 0, true)
  },
}

/**
 * NOTIFY_REPLY; the data follows. As long as `fuse_write_in`.
 * C: `struct fuse_notify_retrieve_in`.
 */
export interface FuseNotifyRetrieveIn {
  /** Where the data belongs, bytes. */
  offset: number
  /** Length of the data, bytes; may be less than was asked for. */
  size: number
}

/** Layout and codec of `struct fuse_notify_retrieve_in`, 40 bytes. */
export const FuseNotifyRetrieveIn: StructDescriptor<FuseNotifyRetrieveIn, 40, { readonly offset: 8; readonly size: 16 }> = {
  cName: 'fuse_notify_retrieve_in',
  size: 40,
  offsets: { offset: 8, size: 16 },
  fields: [
    { cName: 'dummy1', cType: 'uint64_t', kind: 'padding', keys: [], offset: 0, size: 8, struct: undefined },
    { cName: 'offset', cType: 'uint64_t', kind: 'number', keys: ['offset'], offset: 8, size: 8, struct: undefined },
    { cName: 'size', cType: 'uint32_t', kind: 'number', keys: ['size'], offset: 16, size: 4, struct: undefined },
    { cName: 'dummy2', cType: 'uint32_t', kind: 'padding', keys: [], offset: 20, size: 4, struct: undefined },
    { cName: 'dummy3', cType: 'uint64_t', kind: 'padding', keys: [], offset: 24, size: 8, struct: undefined },
    { cName: 'dummy4', cType: 'uint64_t', kind: 'padding', keys: [], offset: 32, size: 8, struct: undefined },
  ],
  create(): FuseNotifyRetrieveIn {
    return {
      offset: 0,
      size: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyRetrieveIn): FuseNotifyRetrieveIn {
    into.offset = view.getUint32(at + 12, true) * 4294967296 + view.getUint32(at + 8, true)
    into.size = view.getUint32(at + 16, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyRetrieveIn>): void {
    view.setUint32(at, 0, true)
    view.setUint32(at + 4, 0, true)
    view.setUint32(at + 8, value.offset, true)
    view.setUint32(at + 12, Math.floor(value.offset / 4294967296), true)
    view.setUint32(at + 16, value.size, true)
    view.setUint32(at + 20, 0, true)
    view.setUint32(at + 24, 0, true)
    view.setUint32(at + 28, 0, true)
    view.setUint32(at + 32, 0, true)
    view.setUint32(at + 36, 0, true)
  },
}

/**
 * NOTIFY_PRUNE; `count` node ids of 8 bytes follow.
 * C: `struct fuse_notify_prune_out`.
 */
export interface FuseNotifyPruneOut {
  /** Node ids that follow. */
  count: number
}

/** Layout and codec of `struct fuse_notify_prune_out`, 16 bytes. */
export const FuseNotifyPruneOut: StructDescriptor<FuseNotifyPruneOut, 16, { readonly count: 0 }> = {
  cName: 'fuse_notify_prune_out',
  size: 16,
  offsets: { count: 0 },
  fields: [
    { cName: 'count', cType: 'uint32_t', kind: 'number', keys: ['count'], offset: 0, size: 4, struct: undefined },
    { cName: 'padding', cType: 'uint32_t', kind: 'padding', keys: [], offset: 4, size: 4, struct: undefined },
    { cName: 'spare', cType: 'uint64_t', kind: 'padding', keys: [], offset: 8, size: 8, struct: undefined },
  ],
  create(): FuseNotifyPruneOut {
    return {
      count: 0,
    }
  },
  decode(view: DataView, at: number, into: FuseNotifyPruneOut): FuseNotifyPruneOut {
    into.count = view.getUint32(at, true)
    return into
  },
  encode(view: DataView, at: number, value: Readonly<FuseNotifyPruneOut>): void {
    view.setUint32(at, value.count, true)
    view.setUint32(at + 4, 0, true)
    view.setUint32(at + 8, 0, true)
    view.setUint32(at + 12, 0, true)
  },
}

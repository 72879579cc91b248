import { type Area, i64, padding, struct, u32, u64 } from './dsl.js'

/** What a server tells the kernel unasked. */
export const notifications: Area = {
  file: 'notifications',
  doc: 'Notifications: what a server tells the kernel unasked.',
  structs: [
    struct('fuse_notify_poll_wakeup_out', 'NOTIFY_POLL.', u64('kh', 'bigint', 'Handle from `fuse_poll_in`.')),
    struct(
      'fuse_notify_inval_inode_out',
      'NOTIFY_INVAL_INODE.',
      u64('ino', 'number', 'Node id (not the inode number).'),
      i64('off', 'Start of the range of data to forget, bytes; negative for attributes only.'),
      i64('len', 'Length of the range, bytes; 0 or less for all that follows.'),
    ),
    struct(
      'fuse_notify_inval_entry_out',
      'NOTIFY_INVAL_ENTRY; the name and a NUL follow.',
      u64('parent', 'number', 'Node of the directory.'),
      u32('namelen', 'Length of the name, bytes, without the NUL.'),
      u32('flags', 'Bits of `EntryFlag`.'),
    ),
    struct(
      'fuse_notify_delete_out',
      'NOTIFY_DELETE; the name and a NUL follow.',
      u64('parent', 'number', 'Node of the directory.'),
      u64('child', 'number', 'Node that had the name.'),
      u32('namelen', 'Length of the name, bytes, without the NUL.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_notify_store_out',
      'NOTIFY_STORE; the data follows.',
      u64('nodeid', 'number', 'Node.'),
      u64('offset', 'number', 'Where the data belongs, bytes.'),
      u32('size', 'Length of the data, bytes.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_notify_retrieve_out',
      'NOTIFY_RETRIEVE.',
      u64('notify_unique', 'bigint', 'Number that NOTIFY_REPLY will carry as its unique number.'),
      u64('nodeid', 'number', 'Node.'),
      u64('offset', 'number', 'Start of the range, bytes.'),
      u32('size', 'Length of the range, bytes.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_notify_retrieve_in',
      'NOTIFY_REPLY; the data follows. As long as `fuse_write_in`.',
      padding('dummy1', 'uint64_t'),
      u64('offset', 'number', 'Where the data belongs, bytes.'),
      u32('size', 'Length of the data, bytes; may be less than was asked for.'),
      padding('dummy2', 'uint32_t'),
      padding('dummy3', 'uint64_t'),
      padding('dummy4', 'uint64_t'),
    ),
    struct(
      'fuse_notify_prune_out',
      'NOTIFY_PRUNE; `count` node ids of 8 bytes follow.',
      u32('count', 'Node ids that follow.'),
      padding('padding', 'uint32_t'),
      padding('spare', 'uint64_t'),
    ),
  ],
}

import { type Area, padding, struct, u32, u64 } from './dsl.js'

/** Making, linking and renaming, and extended attributes: requests that carry names. */
export const names: Area = {
  file: 'names',
  doc: 'Requests that carry names: making, renaming, linking, extended attributes.',
  structs: [
    struct(
      'fuse_mknod_in',
      'MKNOD; the name follows. Below minor 12 only the first 8 bytes are sent.',
      u32('mode', 'File type and permission bits.'),
      u32('rdev', 'Device number, as `new_encode_dev` of the kernel packs it.'),
      u32('umask', 'Umask of the caller.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_mkdir_in',
      'MKDIR; the name follows.',
      u32('mode', 'Permission bits.'),
      u32('umask', 'Umask of the caller (since minor 12).'),
    ),
    struct(
      'fuse_rename_in',
      'RENAME; the old name and the new name follow.',
      u64('newdir', 'number', 'Node of the directory of the new name.'),
    ),
    struct(
      'fuse_rename2_in',
      'RENAME2; the old name and the new name follow.',
      u64('newdir', 'number', 'Node of the directory of the new name.'),
      u32('flags', '`RENAME_*` bits of renameat2(2).'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_link_in',
      'LINK; the new name follows, in the directory of the header.',
      u64('oldnodeid', 'number', 'Node that gets another name.'),
    ),
    struct(
      'fuse_setxattr_in',
      'SETXATTR; the name and the value follow. Without SETXATTR_EXT only the first 8 bytes are sent.',
      u32('size', 'Length of the value, bytes.'),
      u32('flags', 'XATTR_CREATE, XATTR_REPLACE or 0.'),
      u32('setxattr_flags', 'Bits of `SetxattrFlag`.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_getxattr_in',
      'GETXATTR, whose name follows, and LISTXATTR.',
      u32('size', 'Room of the caller, bytes; 0 asks for the size only.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_getxattr_out',
      'Reply to GETXATTR and LISTXATTR that asked for the size.',
      u32('size', 'Room needed, bytes.'),
      padding('padding', 'uint32_t'),
    ),
    struct(
      'fuse_access_in',
      'ACCESS.',
      u32('mask', 'R_OK, W_OK, X_OK or F_OK.'),
      padding('padding', 'uint32_t'),
    ),
  ],
}

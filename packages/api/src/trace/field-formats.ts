import { joinInitFlags } from '@fb/abi'
import { initFlagNames } from '../connection.js'
import {
  ACCESS_BITS,
  type BitNames,
  FALLOCATE_BITS,
  groups,
  joinBits,
  openFlagNames,
  POLL_BITS,
  RENAME_BITS,
  XATTR_BITS,
} from './bit-names.js'

/** A number as it stands on the wire: a `bigint` where it has 64 bits that no safe integer holds. */
export type Wire = number | bigint

/** Text of one field, `undefined` to leave it out. `sibling` reads another field of the same struct, 0 where it has none. */
export type FieldFormat = (value: Wire, sibling: (cName: string) => number) => string | undefined

const hidden: FieldFormat = () => undefined
const octal: FieldFormat = (value) => `0${value.toString(8)}`
const hexadecimal: FieldFormat = (value) => `0x${value.toString(16)}`
const openFlags: FieldFormat = (value) => openFlagNames(Number(value))

/** Left out where it is zero. */
function unlessZero(format: FieldFormat = String): FieldFormat {
  return (value, sibling) => (Number(value) === 0 ? undefined : format(value, sibling))
}

function bits(names: BitNames): FieldFormat {
  return unlessZero((value) => joinBits(Number(value), names))
}

function oneOf(names: Readonly<Record<number, string>>): FieldFormat {
  return (value) => names[Number(value)] ?? String(value)
}

/** Shown only where a bit of another field says that it counts. */
function where(flagField: string, bit: number, format: FieldFormat = String): FieldFormat {
  return (value, sibling) => ((sibling(flagField) & bit) === 0 ? undefined : format(value, sibling))
}

/** Seconds, with the nanoseconds of the field beside it. */
function timeWith(nanoseconds: string): FieldFormat {
  return (value, sibling) => `${value}.${String(sibling(nanoseconds)).padStart(9, '0')}`
}

function setTime(nanoseconds: string, bit: number, nowBit: number): FieldFormat {
  const time = timeWith(nanoseconds)
  return (value, sibling) => {
    const valid = sibling('valid')
    if ((valid & nowBit) !== 0) return 'now'
    return (valid & bit) === 0 ? undefined : time(value, sibling)
  }
}

const initFlags: FieldFormat = (value, sibling) =>
  initFlagNames(joinInitFlags(Number(value), sibling('flags2'))).join('|') || '0'

const LOCK_TYPES = { 0: 'F_RDLCK', 1: 'F_WRLCK', 2: 'F_UNLCK' }
const WHENCE = { 0: 'SEEK_SET', 1: 'SEEK_CUR', 2: 'SEEK_END', 3: 'SEEK_DATA', 4: 'SEEK_HOLE' }
const OFF_MAX = (1n << 63n) - 1n

/** How fields are shown that are not plain numbers: by the struct's name in C and the field's. */
export const fieldFormats: Readonly<Record<string, FieldFormat>> = {
  'fuse_init_in.flags': initFlags,
  'fuse_init_in.flags2': hidden,
  'fuse_init_out.flags': initFlags,
  'fuse_init_out.flags2': hidden,
  'fuse_init_out.map_alignment': unlessZero(),
  'fuse_init_out.max_stack_depth': unlessZero(),
  'fuse_init_out.request_timeout': unlessZero(),

  'fuse_getattr_in.getattr_flags': hidden,
  'fuse_getattr_in.fh': where('getattr_flags', 1),
  'fuse_statx_in.getattr_flags': hidden,
  'fuse_statx_in.fh': where('getattr_flags', 1),
  'fuse_statx_in.sx_flags': unlessZero(hexadecimal),
  'fuse_statx_in.sx_mask': hexadecimal,

  'fuse_setattr_in.valid': (value) => joinBits(Number(value), groups.setattr),
  'fuse_setattr_in.mode': where('valid', 1 << 0, octal),
  'fuse_setattr_in.uid': where('valid', 1 << 1),
  'fuse_setattr_in.gid': where('valid', 1 << 2),
  'fuse_setattr_in.size': where('valid', 1 << 3),
  'fuse_setattr_in.atime': setTime('atimensec', 1 << 4, 1 << 7),
  'fuse_setattr_in.atimensec': hidden,
  'fuse_setattr_in.mtime': setTime('mtimensec', 1 << 5, 1 << 8),
  'fuse_setattr_in.mtimensec': hidden,
  'fuse_setattr_in.fh': where('valid', 1 << 6),
  'fuse_setattr_in.lock_owner': where('valid', 1 << 9, hexadecimal),
  'fuse_setattr_in.ctime': setTime('ctimensec', 1 << 10, 0),
  'fuse_setattr_in.ctimensec': hidden,

  'fuse_mknod_in.mode': octal,
  'fuse_mknod_in.rdev': unlessZero(hexadecimal),
  'fuse_mknod_in.umask': octal,
  'fuse_mkdir_in.mode': octal,
  'fuse_mkdir_in.umask': octal,
  'fuse_create_in.flags': openFlags,
  'fuse_create_in.mode': octal,
  'fuse_create_in.umask': octal,
  'fuse_create_in.open_flags': bits(groups.openIn),
  'fuse_rename2_in.flags': bits(RENAME_BITS),
  'fuse_setxattr_in.flags': bits(XATTR_BITS),
  'fuse_setxattr_in.setxattr_flags': bits(groups.setxattr),
  'fuse_access_in.mask': (value) => (Number(value) === 0 ? 'F_OK' : joinBits(Number(value), ACCESS_BITS)),

  'fuse_open_in.flags': openFlags,
  'fuse_open_in.open_flags': bits(groups.openIn),
  'fuse_open_out.open_flags': bits(groups.openReply),
  'fuse_open_out.backing_id': unlessZero(),
  'fuse_release_in.flags': openFlags,
  'fuse_release_in.release_flags': bits(groups.release),
  'fuse_release_in.lock_owner': unlessZero(hexadecimal),
  'fuse_flush_in.lock_owner': unlessZero(hexadecimal),
  'fuse_read_in.flags': openFlags,
  'fuse_read_in.read_flags': bits(groups.read),
  'fuse_read_in.lock_owner': unlessZero(hexadecimal),
  'fuse_write_in.flags': openFlags,
  'fuse_write_in.write_flags': bits(groups.write),
  'fuse_write_in.lock_owner': unlessZero(hexadecimal),
  'fuse_fsync_in.fsync_flags': bits(groups.fsync),
  'fuse_fallocate_in.mode': bits(FALLOCATE_BITS),
  'fuse_lseek_in.whence': oneOf(WHENCE),
  'fuse_copy_file_range_in.flags': unlessZero(hexadecimal),

  'fuse_lk_in.owner': hexadecimal,
  'fuse_lk_in.lk_flags': bits(groups.lock),
  'fuse_file_lock.end': (value) => (value === OFF_MAX ? 'EOF' : String(value)),
  'fuse_file_lock.type': oneOf(LOCK_TYPES),
  'fuse_ioctl_in.flags': bits(groups.ioctl),
  'fuse_ioctl_in.cmd': hexadecimal,
  'fuse_ioctl_in.arg': hexadecimal,
  'fuse_ioctl_out.flags': bits(groups.ioctl),
  'fuse_ioctl_out.in_iovs': unlessZero(),
  'fuse_ioctl_out.out_iovs': unlessZero(),
  'fuse_poll_in.kh': unlessZero(hexadecimal),
  'fuse_poll_in.flags': bits(groups.poll),
  'fuse_poll_in.events': (value) => joinBits(Number(value), POLL_BITS),
  'fuse_poll_out.revents': (value) => joinBits(Number(value), POLL_BITS),
  'fuse_setupmapping_in.flags': bits(groups.setupmapping),
}

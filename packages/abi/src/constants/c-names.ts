import {
  DevIoctl,
  FUSE_DEV_IOC_MAGIC,
  FUSE_URING_IN_OUT_HEADER_SZ,
  FUSE_URING_OP_IN_OUT_SZ,
  UringCommand,
} from './device.js'
import { CuseInitFlag, InitFlag } from './init-flag.js'
import * as limits from './limits.js'
import { NotifyCode } from './notify-code.js'
import { Opcode } from './opcode.js'
import { AttrFlag, EntryFlag, OpenReplyFlag } from './reply-flags.js'
import * as request from './request-flags.js'

/** One group of constants and the way back to the names of `<linux/fuse.h>`. */
export interface ConstantGroup {
  /** Name under which this package exports the group. */
  readonly name: string
  /** What stands before a key to make its C name. */
  readonly prefix: string
  /** Keys that do not follow the prefix, and their C names. */
  readonly exceptions: Readonly<Record<string, string>>
  /** The group itself. */
  readonly members: Readonly<Record<string, number | bigint>>
}

function group(
  name: string,
  prefix: string,
  members: ConstantGroup['members'],
  exceptions: ConstantGroup['exceptions'] = {},
): ConstantGroup {
  return { name, prefix, exceptions, members }
}

function build(): readonly ConstantGroup[] {
  const { CompatSize, ...scalars } = limits
  return [
    group('Opcode', 'FUSE_', Opcode, {
      CUSE_INIT: 'CUSE_INIT',
      CUSE_INIT_BSWAP_RESERVED: 'CUSE_INIT_BSWAP_RESERVED',
    }),
    group('NotifyCode', 'FUSE_NOTIFY_', NotifyCode),
    group('InitFlag', 'FUSE_', InitFlag),
    group('CuseInitFlag', 'CUSE_', CuseInitFlag),
    group('SetattrValid', 'FATTR_', request.SetattrValid),
    group('OpenInFlag', 'FUSE_OPEN_', request.OpenInFlag),
    group('ReleaseFlag', 'FUSE_RELEASE_', request.ReleaseFlag),
    group('GetattrFlag', 'FUSE_GETATTR_', request.GetattrFlag),
    group('LockFlag', 'FUSE_LK_', request.LockFlag),
    group('WriteFlag', 'FUSE_WRITE_', request.WriteFlag),
    group('ReadFlag', 'FUSE_READ_', request.ReadFlag),
    group('IoctlFlag', 'FUSE_IOCTL_', request.IoctlFlag),
    group('PollFlag', 'FUSE_POLL_', request.PollFlag),
    group('FsyncFlag', 'FUSE_FSYNC_', request.FsyncFlag),
    group('SetxattrFlag', 'FUSE_SETXATTR_', request.SetxattrFlag),
    group('SetupmappingFlag', 'FUSE_SETUPMAPPING_FLAG_', request.SetupmappingFlag),
    group('ExtensionType', 'FUSE_EXT_', request.ExtensionType, { MAX_NR_SECCTX: 'FUSE_MAX_NR_SECCTX' }),
    group('OpenReplyFlag', 'FOPEN_', OpenReplyFlag),
    group('AttrFlag', 'FUSE_ATTR_', AttrFlag),
    group('EntryFlag', 'FUSE_', EntryFlag),
    group('DevIoctl', 'FUSE_DEV_IOC_', DevIoctl),
    group('UringCommand', 'FUSE_IO_URING_CMD_', UringCommand),
    group('CompatSize', 'FUSE_COMPAT_', CompatSize),
    group('', '', { ...scalars, FUSE_DEV_IOC_MAGIC, FUSE_URING_IN_OUT_HEADER_SZ, FUSE_URING_OP_IN_OUT_SZ }),
  ]
}

function flatten(groups: readonly ConstantGroup[]): ReadonlyMap<string, number | bigint> {
  const names = new Map<string, number | bigint>()
  for (const { prefix, exceptions, members } of groups) {
    for (const [key, value] of Object.entries(members)) names.set(exceptions[key] ?? prefix + key, value)
  }
  return names
}

/** Every group of constants that this package exports; the last one, without a name, holds the single ones. */
export const constantGroups: readonly ConstantGroup[] = /* @__PURE__ */ build()

/** Every constant of `<linux/fuse.h>` 7.45 by its C name. */
export const cNames: ReadonlyMap<string, number | bigint> = /* @__PURE__ */ flatten(constantGroups)

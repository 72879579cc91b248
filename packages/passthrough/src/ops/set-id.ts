import type { CallerProcess, Context } from '@fb/api'
import {
  AT_EMPTY_PATH,
  S_IFDIR,
  S_IFMT,
  S_ISGID,
  S_ISUID,
  S_IXGRP,
  STATX_GID,
  STATX_MODE,
  STATX_UID,
  statx,
  statxGid,
  statxUid,
} from '@fb/sys'
import type { Host } from '../host.js'
import { changeMode } from './change-mode.js'

const SET_ID = S_ISUID | S_ISGID
const PERMISSIONS = 0o7777

/** What a caller's change of a file takes from its mode, and whether the host takes just that by itself. */
interface Drop {
  /** The bits that go. */
  readonly bits: number
  readonly mode: number
}

const NOTHING: Drop = { bits: 0, mode: 0 }

/**
 * Whether a change of the open file `fd` (write, truncate, fallocate, copy) has to be made without CAP_FSETID, so that the host
 * takes the set-id bits away that the caller may not keep. Where the host would take too many, which does not know the caller's
 * groups, the right ones are taken here, and the answer is false.
 *
 * @param kill - what the kernel says of the caller: true where it has no CAP_FSETID, `undefined` where it says nothing
 */
export function mustKillSetId(host: Host, fd: number, ctx: Context, kill?: boolean): boolean {
  if (kill === false) return false
  const { bits, mode } = dropOf(host, fd, ctx, kill)
  if (bits === 0) return false
  // The host takes the same from who has no CAP_FSETID, but for a bit in which the groups of this process have a say.
  if (bits === (mode & SET_ID) && !dependsOnGroup(mode)) return true
  changeMode(fd, mode & PERMISSIONS & ~bits)
  return false
}

/**
 * The set-group-id bit that a change of owner takes away and the host leaves, which makes the change with CAP_FSETID: to be
 * asked before it, and given to {@link finishOwner} after it.
 */
export function beginOwner(host: Host, fd: number, ctx: Context): number {
  const { bits } = dropOf(host, fd, ctx, undefined)
  return bits & S_ISGID
}

/**
 * After {@link beginOwner}: whether the caller loses set-id bits of the file by chown(2) that keeps both ids and by a write
 * alike: as its owner, and without CAP_FSETID.
 */
export function losesSetId({ otherStat }: Host, ctx: Context): boolean {
  const caller = ctx.process
  if (caller === undefined ? ctx.uid === 0 : caller.keepsSetId) return false
  return ctx.uid === statxUid(otherStat.view) || caller?.ownsAll === true
}

/** Takes away what {@link beginOwner} said, after the owner has been changed. 0 or a negative errno. */
export function finishOwner(host: Host, fd: number, bits: number): number {
  if (bits === 0) return 0
  const { otherStat } = host
  const result = statx(fd, '', AT_EMPTY_PATH, STATX_MODE, otherStat.bytes)
  if (result < 0 || (otherStat.mode & bits) === 0) return result
  return changeMode(fd, otherStat.mode & PERMISSIONS & ~bits)
}

/** As the kernel decides it (fs/attr.c, setattr_should_drop_suidgid), for the caller in place of this process. */
function dropOf(host: Host, fd: number, ctx: Context, kill: boolean | undefined): Drop {
  const { otherStat } = host
  if (statx(fd, '', AT_EMPTY_PATH, STATX_MODE | STATX_UID | STATX_GID, otherStat.bytes) < 0) return NOTHING
  const { mode } = otherStat
  if ((mode & SET_ID) === 0 || isDirectory(mode)) return NOTHING
  const caller = ctx.process
  if (kill === undefined && (caller === undefined ? ctx.uid === 0 : caller.keepsSetId)) return NOTHING
  const keepsGroup = dependsOnGroup(mode) && isMember(statxGid(otherStat.view), ctx, caller)
  return { mode, bits: mode & (keepsGroup ? S_ISUID : SET_ID) }
}

/** Without execution by the group, set-group-id stays for its members: it once stood for mandatory locks. */
function dependsOnGroup(mode: number): boolean {
  return (mode & S_ISGID) !== 0 && (mode & S_IXGRP) === 0
}

function isDirectory(mode: number): boolean {
  return (mode & S_IFMT) === S_IFDIR
}

function isMember(gid: number, ctx: Context, caller: CallerProcess | undefined): boolean {
  return ctx.gid === gid || ctx.groups.includes(gid) || caller?.groups.includes(gid) === true
}

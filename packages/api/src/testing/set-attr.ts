import { type FuseSetattrIn, SetattrValid } from '@fb/abi'
import type { FileHandle, SetAttr, SetTime } from '../file-system.js'

/** The fields of SETATTR and the `valid` bits that say which of them count. */
export function encodeSetAttr(changes: SetAttr, fh: FileHandle | undefined): Partial<FuseSetattrIn> {
  const value: Partial<FuseSetattrIn> = {}
  let valid = 0
  const put = (part: Partial<FuseSetattrIn>, bits: number): void => {
    Object.assign(value, part)
    valid |= bits
  }
  const { mode, uid, gid, size, lockOwner, atime, mtime, ctime } = changes
  if (mode !== undefined) put({ mode }, SetattrValid.MODE)
  if (uid !== undefined) put({ uid }, SetattrValid.UID)
  if (gid !== undefined) put({ gid }, SetattrValid.GID)
  if (size !== undefined) put({ size }, SetattrValid.SIZE)
  if (lockOwner !== undefined) put({ lockOwner }, SetattrValid.LOCKOWNER)
  if (changes.killSuidgid === true) put({}, SetattrValid.KILL_SUIDGID)
  if (fh !== undefined) put({ fh }, SetattrValid.FH)
  if (atime !== undefined)
    put(...time(atime, 'atime', 'atimensec', SetattrValid.ATIME, SetattrValid.ATIME_NOW))
  if (mtime !== undefined)
    put(...time(mtime, 'mtime', 'mtimensec', SetattrValid.MTIME, SetattrValid.MTIME_NOW))
  if (ctime !== undefined) put(...time(ctime, 'ctime', 'ctimensec', SetattrValid.CTIME, 0))
  return { ...value, valid }
}

function time(
  value: SetTime,
  secondsKey: 'atime' | 'mtime' | 'ctime',
  nanosecondsKey: 'atimensec' | 'mtimensec' | 'ctimensec',
  bit: number,
  nowBit: number,
): [Partial<FuseSetattrIn>, number] {
  if (value === 'now') return [{}, bit | nowBit]
  return [{ [secondsKey]: value.seconds, [nanosecondsKey]: value.nanoseconds }, bit]
}

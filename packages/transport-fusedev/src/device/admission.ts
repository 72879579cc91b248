import { FuseInHeader, FuseOutHeader, Opcode } from '@fb/abi'
import { Errno } from '@fb/api'
import type { FusedevRequest } from './fusedev-request.js'

const OPCODE = FuseInHeader.offsets.opcode
const UID = FuseInHeader.offsets.uid
const UNIQUE = FuseInHeader.offsets.uniqueLow

/** What anybody may do with a file that the owner handed on, and what carries no caller. */
const OPEN_TO_ALL: ReadonlySet<number> = new Set([
  Opcode.INIT,
  Opcode.READ,
  Opcode.WRITE,
  Opcode.FSYNC,
  Opcode.RELEASE,
  Opcode.READDIR,
  Opcode.READDIRPLUS,
  Opcode.FSYNCDIR,
  Opcode.RELEASEDIR,
  Opcode.NOTIFY_REPLY,
])

/** Whether `allowRoot` lets a request in: of the owner of the mount, of root, or on a file that is open already. */
export function admits(request: FusedevRequest, owner: number): boolean {
  const uid = request.view.getUint32(UID, true)
  return uid === 0 || uid === owner || OPEN_TO_ALL.has(request.view.getUint32(OPCODE, true))
}

/** Answers EACCES. */
export function refuse(request: FusedevRequest): void {
  const { view } = request.reply
  view.setUint32(0, FuseOutHeader.size, true)
  view.setInt32(FuseOutHeader.offsets.error, -Errno.EACCES.errno, true)
  view.setUint32(FuseOutHeader.offsets.uniqueLow, request.view.getUint32(UNIQUE, true), true)
  view.setUint32(FuseOutHeader.offsets.uniqueLow + 4, request.view.getUint32(UNIQUE + 4, true), true)
  request.send(FuseOutHeader.size)
}

import { Opcode } from '@fb/abi'
import type { Call } from './call.js'
import type { Core } from './core.js'
import * as devices from './devices.js'
import * as directories from './directories.js'
import * as files from './files.js'
import { notifyReply } from './interrupt.js'
import * as locks from './locks.js'
import * as mappings from './mappings.js'
import * as names from './names.js'
import * as nodes from './nodes.js'
import * as xattr from './xattr.js'

/** How one operation is decoded, handed to the file system and answered. */
export interface Handler {
  readonly run: (core: Core, call: Call) => void
  /** The protocol knows no reply, not even an error. */
  readonly unanswered: boolean
}

const answered = (run: Handler['run']): Handler => ({ run, unanswered: false })
const unanswered = (run: Handler['run']): Handler => ({ run, unanswered: true })

/** Handlers by opcode; INIT, DESTROY and INTERRUPT are the server's own. */
export const handlers: readonly (Handler | undefined)[] = fill({
  [Opcode.LOOKUP]: answered(nodes.lookup),
  [Opcode.FORGET]: unanswered(nodes.forget),
  [Opcode.GETATTR]: answered(nodes.getattr),
  [Opcode.SETATTR]: answered(nodes.setattr),
  [Opcode.READLINK]: answered(nodes.readlink),
  [Opcode.SYMLINK]: answered(names.symlink),
  [Opcode.MKNOD]: answered(names.mknod),
  [Opcode.MKDIR]: answered(names.mkdir),
  [Opcode.UNLINK]: answered(names.unlink),
  [Opcode.RMDIR]: answered(names.rmdir),
  [Opcode.RENAME]: answered(names.rename),
  [Opcode.LINK]: answered(names.link),
  [Opcode.OPEN]: answered(files.open),
  [Opcode.READ]: answered(files.read),
  [Opcode.WRITE]: answered(files.write),
  [Opcode.STATFS]: answered(nodes.statfs),
  [Opcode.RELEASE]: answered(files.release),
  [Opcode.FSYNC]: answered(files.fsync),
  [Opcode.SETXATTR]: answered(xattr.setxattr),
  [Opcode.GETXATTR]: answered(xattr.getxattr),
  [Opcode.LISTXATTR]: answered(xattr.listxattr),
  [Opcode.REMOVEXATTR]: answered(xattr.removexattr),
  [Opcode.FLUSH]: answered(files.flush),
  [Opcode.OPENDIR]: answered(directories.opendir),
  [Opcode.READDIR]: answered(directories.readdir),
  [Opcode.RELEASEDIR]: answered(files.releasedir),
  [Opcode.FSYNCDIR]: answered(files.fsyncdir),
  [Opcode.GETLK]: answered(locks.getlk),
  [Opcode.SETLK]: answered(locks.setlk),
  [Opcode.SETLKW]: answered(locks.setlkw),
  [Opcode.ACCESS]: answered(nodes.access),
  [Opcode.CREATE]: answered(names.create),
  [Opcode.BMAP]: answered(devices.bmap),
  [Opcode.IOCTL]: answered(devices.ioctl),
  [Opcode.POLL]: answered(devices.poll),
  [Opcode.NOTIFY_REPLY]: unanswered(notifyReply),
  [Opcode.BATCH_FORGET]: unanswered(nodes.batchForget),
  [Opcode.FALLOCATE]: answered(files.fallocate),
  [Opcode.READDIRPLUS]: answered(directories.readdirplus),
  [Opcode.RENAME2]: answered(names.rename2),
  [Opcode.LSEEK]: answered(files.lseek),
  [Opcode.COPY_FILE_RANGE]: answered(files.copyFileRange),
  [Opcode.SETUPMAPPING]: answered(mappings.setupmapping),
  [Opcode.REMOVEMAPPING]: answered(mappings.removemapping),
  [Opcode.SYNCFS]: answered(nodes.syncfs),
  [Opcode.TMPFILE]: answered(names.tmpfile),
  [Opcode.STATX]: answered(nodes.statx),
  [Opcode.COPY_FILE_RANGE_64]: answered(files.copyFileRange64),
})

function fill(byOpcode: Record<number, Handler>): (Handler | undefined)[] {
  const table: (Handler | undefined)[] = []
  for (const [opcode, handler] of Object.entries(byOpcode)) table[Number(opcode)] = handler
  return table
}

import { realpath } from 'node:fs/promises'
import {
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_DONT_SYNC,
  errnoName,
  S_IFMT,
  STATX_MNT_ID,
  STATX_TYPE,
  statx,
  statxAsync,
} from '@fb/sys'
import { mountError } from './explain.js'

/** Size of struct statx, and where its fields are (include/uapi/linux/stat.h). */
const STATX_SIZE = 256
const MODE = 0x1c
const DEV_MAJOR = 0x88
const DEV_MINOR = 0x8c
const MNT_ID = 0x90

/** Asks for nothing that a FUSE server would have to answer: the mount may be our own. */
const QUIET = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT

/** Which mount a path leads to. */
export interface MountIdentifier {
  readonly mountId: bigint
  /** Number of the FUSE connection (the minor of `st_dev`), as under /sys/fs/fuse/connections. */
  readonly connection: number
}

/** A mountpoint: its path without symbolic links, and the type of what is there. */
export interface Mountpoint {
  readonly path: string
  readonly rootMode: number
}

/** Resolves and looks at a mountpoint. Throws MountError where it is missing or dead. */
export async function inspectMountpoint(mountpoint: string): Promise<Mountpoint> {
  let path: string
  try {
    path = await realpath(mountpoint)
  } catch (cause) {
    throw mountError((cause as NodeJS.ErrnoException).code ?? 'EIO', mountpoint, cause)
  }
  const out = new DataView(new ArrayBuffer(STATX_SIZE))
  const result = await statxAsync(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_TYPE, bytesOf(out))
  if (result < 0) throw mountError(errnoName(result), mountpoint)
  return { path, rootMode: out.getUint16(MODE, true) & S_IFMT }
}

/** Which mount `path` leads to; `undefined` where it leads nowhere. */
export async function identifyMount(path: string): Promise<MountIdentifier | undefined> {
  const out = new DataView(new ArrayBuffer(STATX_SIZE))
  const result = await statxAsync(AT_FDCWD, path, QUIET, STATX_MNT_ID, bytesOf(out))
  return result < 0 ? undefined : identifier(out)
}

/** As {@link identifyMount}, on this thread: where it cannot wait for the event loop. */
export function identifyMountSync(path: string): MountIdentifier | undefined {
  const out = new DataView(new ArrayBuffer(STATX_SIZE))
  const result = statx(AT_FDCWD, path, QUIET, STATX_MNT_ID, bytesOf(out))
  return result < 0 ? undefined : identifier(out)
}

/** Whether two identifiers name one mount. */
export function isSameMount(a: MountIdentifier | undefined, b: MountIdentifier | undefined): boolean {
  return a !== undefined && b !== undefined && a.mountId === b.mountId && a.connection === b.connection
}

function identifier(out: DataView): MountIdentifier {
  // An anonymous device: the major is 0, and the kernel's number of the connection is the minor.
  const connection = out.getUint32(DEV_MAJOR, true) * 2 ** 20 + out.getUint32(DEV_MINOR, true)
  return { mountId: out.getBigUint64(MNT_ID, true), connection }
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer)
}

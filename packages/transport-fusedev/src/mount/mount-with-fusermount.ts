import {
  check,
  close,
  type FdWatcher,
  recvFd,
  socketpair,
  WATCH_DISCONNECT,
  WATCH_READABLE,
  watchFd,
} from '@fb/sys'
import type { ResolvedMountOptions } from '../options/mount-options.js'
import { fusermountError, fusermountMissing } from './explain.js'
import { fusermountOptions, unsupportedByFusermount } from './fusermount-options.js'
import { MountError } from './mount-error.js'
import type { NamespaceReference } from './namespace.js'
import { findExecutable, type Helper, releaseHelper, startHelper } from './run-fusermount.js'

const EAGAIN = -11
const EINTR = -4

/** A device that fusermount3 has handed over. */
export interface FusermountResult {
  readonly fd: number
  /** Open as long as the mount shall stay, where fusermount3 waits to unmount. */
  readonly comm: number | undefined
}

/**
 * Mounts through fusermount3, which is set-user-id root: it opens the device, mounts, and sends the descriptor over a
 * socket. With `autoUnmount` it stays and unmounts when the other end of that socket closes, as it does when this
 * process ends. Throws MountError.
 */
export async function mountWithFusermount(
  binary: string,
  mountpoint: string,
  options: ResolvedMountOptions,
  namespace: NamespaceReference | undefined,
): Promise<FusermountResult> {
  const unsupported = unsupportedByFusermount(options)
  if (unsupported.length > 0) {
    throw new MountError({
      code: 'EINVAL',
      mountpoint,
      reason: `fusermount3 cannot set ${unsupported.join(', ')}`,
      remedy: 'Mount as root and without auto_unmount, or leave it out',
    })
  }
  const args = ['-o', fusermountOptions(options), '--', mountpoint]
  const [file, argv] = await commandLine(binary, args, mountpoint, namespace)
  const ends = new Int32Array(2)
  check(socketpair(ends), 'socketpair')
  const [ours, theirs] = ends as unknown as [number, number]
  let helper: Helper
  try {
    helper = startHelper(file, argv, theirs)
  } catch (cause) {
    close(ours)
    throw fusermountMissing(binary, mountpoint, cause)
  } finally {
    close(theirs)
  }
  try {
    const fd = await receive(ours)
    if (fd < 0) throw await failure(helper, binary, mountpoint)
    releaseHelper(helper)
    if (options.autoUnmount) return { fd, comm: ours }
    close(ours)
    return { fd, comm: undefined }
  } catch (error) {
    close(ours)
    throw error
  }
}

/** In another namespace nsenter(1) runs fusermount3 there: it is a new process, so no thread of ours has to move. */
async function commandLine(
  binary: string,
  args: readonly string[],
  mountpoint: string,
  namespace: NamespaceReference | undefined,
): Promise<[string, readonly string[]]> {
  const wanted = namespace === undefined ? binary : 'nsenter'
  const file = await findExecutable(wanted)
  if (file === undefined) throw fusermountMissing(wanted, mountpoint)
  if (namespace === undefined) return [file, args]
  const path = namespace.path.replace('/proc/self/', `/proc/${process.pid}/`)
  return [file, [`--mount=${path}`, '--', binary, ...args]]
}

/** Waits for the descriptor without blocking the event loop: the mountpoint may lie on a mount that it serves. */
async function receive(socket: number): Promise<number> {
  let watcher: FdWatcher | undefined
  try {
    return await new Promise<number>((resolve) => {
      watcher = watchFd(socket, WATCH_READABLE | WATCH_DISCONNECT, () => {
        const fd = recvFd(socket)
        if (fd !== EAGAIN && fd !== EINTR) resolve(fd)
      })
    })
  } finally {
    watcher?.stop()
  }
}

async function failure(helper: Helper, binary: string, mountpoint: string): Promise<MountError> {
  try {
    const { output, status } = await helper.exit
    return fusermountError(mountpoint, output, status)
  } catch (cause) {
    return fusermountMissing(binary, mountpoint, cause)
  }
}

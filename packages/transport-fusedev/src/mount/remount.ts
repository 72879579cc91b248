import { realpath } from 'node:fs/promises'
import { errnoName, MS_REMOUNT, mountAsync } from '@fb/sys'
import { type MountOptions, resolveMountOptions } from '../options/mount-options.js'
import { mountError } from './explain.js'
import { mountFlags } from './kernel-options.js'
import { MountError } from './mount-error.js'

/** Errors that say something else of a mount that is there than of one that is made. */
const REASONS: Readonly<Record<string, string>> = {
  EINVAL: 'nothing is mounted at',
  EPERM: 'this process may not change the mount at',
}

/**
 * Changes the flags of a mount (mount(2), MS_REMOUNT): read-only, access times, suid, dev, exec, sync. All flags are those
 * of `options` afterwards; whatever else is in it is settled when a mount is made, and has no effect. The server of the
 * mount is not told. Needs CAP_SYS_ADMIN. Throws MountError (`EBUSY`: read-only, and a file is open for writing) and
 * MountOptionError.
 */
export async function remount(mountpoint: string, options: MountOptions): Promise<void> {
  const flags = mountFlags(resolveMountOptions(options)) | MS_REMOUNT
  let path: string
  try {
    path = await realpath(mountpoint)
  } catch (cause) {
    throw mountError((cause as NodeJS.ErrnoException).code ?? 'EIO', mountpoint, cause)
  }
  // On another thread: the mount may be one that this thread serves, and is written back first.
  const result = await mountAsync('', path, '', flags, '')
  if (result >= 0) return
  const code = errnoName(result)
  const reason = REASONS[code]
  if (reason === undefined) throw mountError(code, mountpoint)
  throw new MountError({
    code,
    mountpoint,
    reason: `${reason} ${mountpoint}`,
    remedy: 'mount(2) describes this error of MS_REMOUNT',
  })
}

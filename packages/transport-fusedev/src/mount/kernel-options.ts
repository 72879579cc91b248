import {
  MS_DIRSYNC,
  MS_LAZYTIME,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_RELATIME,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
} from '@fb/sys'
import type { ResolvedMountOptions } from '../options/mount-options.js'

/** The arguments of mount(2), except the target. */
export interface KernelMount {
  readonly source: string
  readonly fstype: string
  readonly flags: number
  readonly data: string
}

/** Who mounts, through which device, on what. */
export interface MountIdentity {
  readonly fd: number
  /** Type of the root (S_IFDIR ...): the kernel refuses a directory over a file and the other way round. */
  readonly rootMode: number
  readonly uid: number
  readonly gid: number
}

/**
 * Options as mount(2) takes them. `fsname` and `subtype` are arguments of their own and need no escaping; what goes
 * into the list has no comma, except a security label, which is put in quotes (security/selinux/hooks.c).
 */
export function kernelMount(options: ResolvedMountOptions, identity: MountIdentity): KernelMount {
  const type = options.blkdev ? 'fuseblk' : 'fuse'
  return {
    source: options.fsname ?? options.subtype ?? 'fuse',
    fstype: options.subtype === undefined ? type : `${type}.${options.subtype}`,
    flags: mountFlags(options),
    data: mountData(options, identity),
  }
}

/** Options that are flags of mount(2). */
export function mountFlags(options: ResolvedMountOptions): number {
  let flags = 0
  if (options.ro) flags |= MS_RDONLY
  if (!options.suid) flags |= MS_NOSUID
  if (!options.dev) flags |= MS_NODEV
  if (!options.exec) flags |= MS_NOEXEC
  if (options.sync) flags |= MS_SYNCHRONOUS
  if (options.dirsync) flags |= MS_DIRSYNC
  if (!options.atime) flags |= MS_NOATIME
  if (!options.diratime) flags |= MS_NODIRATIME
  if (options.relatime) flags |= MS_RELATIME
  if (options.strictatime) flags |= MS_STRICTATIME
  if (options.lazytime) flags |= MS_LAZYTIME
  if (!options.symfollow) flags |= MS_NOSYMFOLLOW
  return flags
}

function mountData(options: ResolvedMountOptions, identity: MountIdentity): string {
  const data = [
    `fd=${identity.fd}`,
    `rootmode=${identity.rootMode.toString(8)}`,
    `user_id=${identity.uid}`,
    `group_id=${identity.gid}`,
  ]
  if (options.allowOther || options.allowRoot) data.push('allow_other')
  if (options.defaultPermissions) data.push('default_permissions')
  if (options.maxRead !== undefined) data.push(`max_read=${options.maxRead}`)
  if (options.blksize !== undefined) data.push(`blksize=${options.blksize}`)
  for (const name of ['context', 'fscontext', 'defcontext', 'rootcontext'] as const) {
    const label = options[name]
    if (label !== undefined) data.push(`${name}=${label.includes(',') ? `"${label}"` : label}`)
  }
  return data.join(',')
}

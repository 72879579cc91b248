import { errnoName } from '@fb/sys'
import { MountError } from './mount-error.js'

interface Explanation {
  readonly reason: string
  readonly remedy: string
}

const NO_DRIVER = 'Load the driver (modprobe fuse); in a container pass the device in (--device /dev/fuse)'

/** What goes wrong with `/dev/fuse` itself. */
const DEVICE: Readonly<Record<string, Explanation>> = {
  ENOENT: { reason: '/dev/fuse does not exist', remedy: NO_DRIVER },
  ENODEV: { reason: '/dev/fuse has no driver behind it', remedy: NO_DRIVER },
  ENXIO: { reason: '/dev/fuse has no driver behind it', remedy: NO_DRIVER },
  EACCES: {
    reason: 'this user may not open /dev/fuse',
    remedy: 'Make it readable and writable for the user (chmod 0666 /dev/fuse is usual), or mount as root',
  },
  EPERM: {
    reason: 'this process may not open /dev/fuse',
    remedy: 'Allow the device for the container or service (--device /dev/fuse, DeviceAllow=/dev/fuse)',
  },
}

/** What goes wrong with the mountpoint or with mount(2). */
const MOUNT: Readonly<Record<string, (mountpoint: string) => Explanation>> = {
  EPERM: () => ({
    reason: 'mounting is not permitted to this process',
    remedy: 'Run as root (CAP_SYS_ADMIN), or install fusermount3 (package fuse3), which mounts for users',
  }),
  ENOENT: (mountpoint) => ({
    reason: `the mountpoint ${mountpoint} does not exist`,
    remedy: `Create it first: mkdir -p ${mountpoint}`,
  }),
  ENOTDIR: (mountpoint) => ({
    reason: `${mountpoint} is below something that is not a directory, or is no directory while the root is one`,
    remedy: 'Name a mountpoint of the same kind as the root: a directory, or a file for a file',
  }),
  ENOTCONN: (mountpoint) => ({
    reason: `${mountpoint} is a mount whose server has died (Transport endpoint is not connected)`,
    remedy: `Unmount it first: fusermount3 -u ${mountpoint} (as root: umount -l ${mountpoint})`,
  }),
  EACCES: (mountpoint) => ({
    reason: `this user may not reach ${mountpoint}`,
    remedy: 'Choose a mountpoint that the user owns, in directories that the user may search',
  }),
  EBUSY: (mountpoint) => ({
    reason: `${mountpoint} is in use`,
    remedy: 'End what uses it (fuser -vm shows who), or unmount it if it is an old mount',
  }),
  ENODEV: () => ({ reason: 'this kernel has no FUSE file system', remedy: NO_DRIVER }),
  ELOOP: (mountpoint) => ({
    reason: `${mountpoint} has too many symbolic links`,
    remedy: 'Give the path that the links lead to',
  }),
  ENOTBLK: () => ({
    reason: 'a blkdev mount needs a block device as fsname',
    remedy: 'Name the device in fsname, or leave blkdev out',
  }),
  EINVAL: () => ({
    reason: 'the kernel refused the mount options',
    remedy: 'dmesg names the one; context options need SELinux, nosymfollow Linux 5.10',
  }),
}

/** The error of opening `/dev/fuse`. */
export function deviceError(errno: number, mountpoint: string): MountError {
  const code = errnoName(errno)
  const known = DEVICE[code] ?? { reason: `/dev/fuse cannot be opened: ${code}`, remedy: NO_DRIVER }
  return new MountError({ code, mountpoint, ...known })
}

/** The error of mount(2), or of looking at the mountpoint before it. */
export function mountError(code: string, mountpoint: string, cause?: unknown): MountError {
  const known = MOUNT[code]?.(mountpoint) ?? {
    reason: `${mountpoint} cannot be mounted on: ${code}`,
    remedy: 'mount(2) describes this error',
  }
  return new MountError({ code, mountpoint, ...known, cause })
}

/** The error of umount2(2). */
export function unmountError(code: string, mountpoint: string, detail = ''): MountError {
  if (code === 'EBUSY') {
    return new MountError({
      code,
      mountpoint,
      reason: `${mountpoint} is in use${detail}`,
      remedy: 'End what uses it (fuser -vm shows who), or unmount lazily: { lazy: true }',
    })
  }
  return new MountError({
    code,
    mountpoint,
    reason: `${mountpoint} could not be unmounted: ${code}${detail}`,
    remedy: `Try as root: umount -l ${mountpoint}`,
  })
}

/** What fusermount3 writes, by what there is to do about it. */
const FUSERMOUNT: readonly { readonly says: RegExp; readonly code: string; readonly remedy: string }[] = [
  { says: /not connected/, code: 'ENOTCONN', remedy: 'Unmount the dead mount first: fusermount3 -u' },
  {
    says: /user_allow_other/,
    code: 'EPERM',
    remedy: 'Put the line user_allow_other into /etc/fuse.conf, or mount without allow_other and allow_root',
  },
  {
    says: /no write access|bad mount ?point|not owned/i,
    code: 'EACCES',
    remedy: 'Choose a mountpoint that exists and that the user owns',
  },
  {
    says: /unknown option|option blkdev/,
    code: 'EINVAL',
    remedy: 'fusermount3 does not pass this option on: leave it out, or mount as root',
  },
  {
    says: /\/dev\/fuse: Permission denied/,
    code: 'EACCES',
    remedy:
      'Make /dev/fuse readable and writable for the user (chmod 0666 /dev/fuse is usual), or mount as root',
  },
  {
    says: /\/dev\/fuse|fuse device not found/,
    code: 'ENODEV',
    remedy: NO_DRIVER,
  },
  {
    says: /too many FUSE filesystems/,
    code: 'EMFILE',
    remedy: 'Raise mount_max in /etc/fuse.conf, or unmount what is no longer used',
  },
  {
    says: /not permitted|permission denied/i,
    code: 'EPERM',
    remedy:
      'fusermount3 must be owned by root and set-user-id (chmod u+s), and a container needs CAP_SYS_ADMIN',
  },
  { says: /device or resource busy/i, code: 'EBUSY', remedy: 'End what uses it, or unmount it lazily' },
]

/** The error of a fusermount3 that ran and refused; `output` is what it wrote to stderr. */
export function fusermountError(mountpoint: string, output: string, status: string): MountError {
  const said = output.trim()
  const known = FUSERMOUNT.find(({ says }) => says.test(said))
  return new MountError({
    code: known?.code ?? 'EFUSERMOUNT',
    mountpoint,
    reason: said === '' ? `fusermount3 failed without a word (${status})` : said.replaceAll('\n', '; '),
    remedy: known?.remedy ?? 'mount.fuse3(8) and fusermount3(1) describe what it demands',
  })
}

/** There is no fusermount3 to run. */
export function fusermountMissing(binary: string, mountpoint: string, cause?: unknown): MountError {
  return new MountError({
    code: 'ENOFUSERMOUNT',
    mountpoint,
    reason: `mounting needs ${binary} here, which is not installed or not executable`,
    remedy:
      'Install it (package fuse3 of Debian, Ubuntu, Fedora, Alpine and Arch), name it in fusermount, or run as root',
    cause,
  })
}

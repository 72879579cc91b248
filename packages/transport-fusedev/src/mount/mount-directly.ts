import { close, errnoName, mountAsync, mountInNamespaceAsync, S_IFDIR, S_IFREG } from '@fb/sys'
import { openDevice } from '../device/fuse-device.js'
import type { ResolvedMountOptions } from '../options/mount-options.js'
import { deviceError, mountError } from './explain.js'
import { kernelMount } from './kernel-options.js'
import type { Mountpoint } from './mountpoint.js'
import type { NamespaceReference } from './namespace.js'

/**
 * Mounts with mount(2). The descriptor of the device, or the errno where this process is not permitted to open the
 * device or to mount, and fusermount3 may be. Throws MountError for everything else.
 */
export async function mountDirectly(
  mountpoint: Mountpoint,
  options: ResolvedMountOptions,
): Promise<{ readonly fd: number } | { readonly refused: number }> {
  const fd = openDevice()
  if (fd < 0) {
    if (['EPERM', 'EACCES'].includes(errnoName(fd))) return { refused: fd }
    throw deviceError(fd, mountpoint.path)
  }
  const { source, fstype, flags, data } = kernelMount(options, identity(fd, mountpoint.rootMode))
  // On another thread: looking up the mountpoint may need an answer of a mount that this thread serves.
  const result = await mountAsync(source, mountpoint.path, fstype, flags, data)
  if (result >= 0) return { fd }
  close(fd)
  if (errnoName(result) === 'EPERM') return { refused: result }
  throw mountError(errnoName(result), mountpoint.path)
}

/**
 * Mounts in another mount namespace, where the mountpoint cannot be looked at beforehand: as a directory, and as a file
 * where it turns out to be one. Throws MountError.
 */
export async function mountInNamespaceOf(
  namespace: NamespaceReference,
  mountpoint: string,
  options: ResolvedMountOptions,
): Promise<number> {
  const asDirectory = await tryInNamespace(namespace, mountpoint, options, S_IFDIR)
  if (asDirectory !== 'ENOTDIR') return fdOrThrow(asDirectory, mountpoint)
  return fdOrThrow(await tryInNamespace(namespace, mountpoint, options, S_IFREG), mountpoint)
}

function fdOrThrow(result: number | string, mountpoint: string): number {
  if (typeof result === 'number') return result
  throw mountError(result, mountpoint)
}

/** A descriptor, or the name of an errno. A device that a mount has failed on is used up: each try takes a new one. */
async function tryInNamespace(
  namespace: NamespaceReference,
  mountpoint: string,
  options: ResolvedMountOptions,
  rootMode: number,
): Promise<number | string> {
  const fd = openDevice()
  if (fd < 0) throw deviceError(fd, mountpoint)
  const { source, fstype, flags, data } = kernelMount(options, identity(fd, rootMode))
  const result = await namespace.use((nsFd) =>
    mountInNamespaceAsync(nsFd, source, mountpoint, fstype, flags, data),
  )
  if (result !== undefined && result >= 0) return fd
  close(fd)
  return result === undefined ? 'ESRCH' : errnoName(result)
}

function identity(fd: number, rootMode: number) {
  return { fd, rootMode, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}

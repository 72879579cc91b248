import type { ResolvedMountOptions } from '../options/mount-options.js'
import { ActiveMount } from './active-mount.js'
import { deviceError, mountError } from './explain.js'
import { mountDirectly, mountInNamespaceOf } from './mount-directly.js'
import { MountError } from './mount-error.js'
import { mountWithFusermount } from './mount-with-fusermount.js'
import { identifyMount, inspectMountpoint } from './mountpoint.js'
import { type MountNamespace, NamespaceReference } from './namespace.js'

/** Where and how to mount, besides the mount options. */
export interface MountPlace {
  /** Name or path of fusermount3. */
  readonly fusermount: string
  readonly mountNamespace: MountNamespace | undefined
}

/** A mount and the device behind it. */
export interface MountedDevice {
  readonly fd: number
  readonly mount: ActiveMount
  /** Number of the connection under /sys/fs/fuse/connections, where it is known. */
  readonly connection: number | undefined
}

/**
 * Mounts: with mount(2) where this process may, else through fusermount3; `autoUnmount` always through fusermount3.
 * Throws MountError.
 */
export async function mountDevice(
  mountpoint: string,
  options: ResolvedMountOptions,
  place: MountPlace,
): Promise<MountedDevice> {
  if (place.mountNamespace !== undefined) {
    return mountElsewhere(mountpoint, options, place, place.mountNamespace)
  }
  const where = await inspectMountpoint(mountpoint)
  const direct = options.autoUnmount ? undefined : await mountDirectly(where, options)
  if (direct !== undefined && 'fd' in direct) return identified(direct.fd, where.path, place, undefined)
  try {
    const { fd, comm } = await mountWithFusermount(place.fusermount, where.path, options, undefined)
    return await identified(fd, where.path, place, comm)
  } catch (error) {
    // Without fusermount3 what counts is why mounting without it was refused; the remedy names both ways.
    if (!(error instanceof MountError) || error.code !== 'ENOFUSERMOUNT' || direct === undefined) throw error
    throw new MountError({
      code: error.code,
      mountpoint,
      reason: `${refusal(direct.refused, where.path)}, and ${error.message.split('. ')[0]}`,
      remedy: error.remedy,
      cause: error.cause,
    })
  }
}

function refusal(errno: number, path: string): string {
  const EPERM = -1
  const error = errno === EPERM ? mountError('EPERM', path) : deviceError(errno, path)
  return error.message.split('. ')[0] ?? error.message
}

async function mountElsewhere(
  path: string,
  options: ResolvedMountOptions,
  place: MountPlace,
  mountNamespace: MountNamespace,
): Promise<MountedDevice> {
  const namespace = new NamespaceReference(mountNamespace, path)
  const { fd, comm } = options.autoUnmount
    ? await mountWithFusermount(place.fusermount, path, options, namespace)
    : { fd: await mountInNamespaceOf(namespace, path, options), comm: undefined }
  const mount = new ActiveMount({ path, fusermount: place.fusermount, namespace, comm })
  return { fd, mount, connection: undefined }
}

async function identified(
  fd: number,
  path: string,
  place: MountPlace,
  comm: number | undefined,
): Promise<MountedDevice> {
  const identifier = await identifyMount(path)
  const mount = new ActiveMount({ path, fusermount: place.fusermount, identifier, comm })
  return { fd, mount, connection: identifier?.connection }
}

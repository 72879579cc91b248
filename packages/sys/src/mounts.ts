import { type Bindings, native } from './bindings.js'

/**
 * mount(2).
 * @param flags - MS_*
 * @param data - options of the file system, such as `fd=7,rootmode=40000,user_id=0,group_id=0`
 * @returns 0, or `-errno`
 */
export const mount: Bindings['mount'] = native.mount

/**
 * {@link mount} on a thread of the addon: needed where mounting waits for an answer that this thread must give.
 */
export const mountAsync: Bindings['mountAsync'] = native.mountAsync

/**
 * {@link mount} in another mount namespace, on a thread that ends afterwards; blocks the caller meanwhile. Paths are
 * those of that namespace, starting at its root.
 * @param nsFd - a descriptor of `/proc/<pid>/ns/mnt`, or a pidfd
 * @returns 0, or `-errno`
 */
export const mountInNamespace: Bindings['mountInNamespace'] = native.mountInNamespace

/**
 * {@link mountInNamespace} on a thread of the addon.
 */
export const mountInNamespaceAsync: Bindings['mountInNamespaceAsync'] = native.mountInNamespaceAsync

/**
 * umount2(2).
 * @param flags - MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW
 * @returns 0, or `-errno` (`-EBUSY`: in use)
 */
export const umount2: Bindings['umount2'] = native.umount2

/**
 * {@link umount2} on a thread of the addon.
 */
export const umount2Async: Bindings['umount2Async'] = native.umount2Async

/**
 * {@link umount2} in another mount namespace; see {@link mountInNamespace}.
 * @returns 0, or `-errno`
 */
export const umountInNamespace: Bindings['umountInNamespace'] = native.umountInNamespace

/**
 * {@link umountInNamespace} on a thread of the addon: unmounting may wait for an answer that this thread must give.
 */
export const umountInNamespaceAsync: Bindings['umountInNamespaceAsync'] = native.umountInNamespaceAsync

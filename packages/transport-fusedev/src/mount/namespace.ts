import { statSync } from 'node:fs'
import { AT_FDCWD, close, O_RDONLY, openat } from '@fb/sys'
import { MountError } from './mount-error.js'

/**
 * A mount namespace to mount in: that of a process, or one that a descriptor of `/proc/<pid>/ns/mnt` names. The
 * descriptor stays the caller's and must stay open until the session has ended.
 */
export type MountNamespace = { readonly pid: number } | { readonly fd: number }

/**
 * Where to find a mount namespace again. It is not kept open: that would keep its mounts alive when the processes in it
 * are gone, and the connection would never end.
 */
export class NamespaceReference {
  /** Path that opens the namespace. */
  readonly path: string
  readonly #inode: number

  constructor(namespace: MountNamespace, mountpoint: string) {
    this.path = 'pid' in namespace ? `/proc/${namespace.pid}/ns/mnt` : `/proc/self/fd/${namespace.fd}`
    try {
      this.#inode = statSync(this.path).ino
    } catch (cause) {
      throw new MountError({
        code: 'ESRCH',
        mountpoint,
        reason: `there is no mount namespace at ${this.path}`,
        remedy:
          'Name a process that runs and whose namespaces this process may see, or an open descriptor of one',
        cause,
      })
    }
  }

  /** Runs `action` with a descriptor of the namespace; `undefined` where the namespace is gone. */
  async use<T>(action: (fd: number) => Promise<T>): Promise<T | undefined> {
    const fd = openat(AT_FDCWD, this.path, O_RDONLY, 0)
    if (fd < 0) return undefined
    try {
      return this.#isSame() ? await action(fd) : undefined
    } finally {
      close(fd)
    }
  }

  /** As {@link use}, on this thread. */
  useSync<T>(action: (fd: number) => T): T | undefined {
    const fd = openat(AT_FDCWD, this.path, O_RDONLY, 0)
    if (fd < 0) return undefined
    try {
      return this.#isSame() ? action(fd) : undefined
    } finally {
      close(fd)
    }
  }

  /** The number of a process may have gone to another one. */
  #isSame(): boolean {
    try {
      return statSync(this.path).ino === this.#inode
    } catch {
      return false
    }
  }
}

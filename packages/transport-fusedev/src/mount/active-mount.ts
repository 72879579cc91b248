import { spawnSync } from 'node:child_process'
import {
  close,
  errnoName,
  MNT_DETACH,
  MNT_FORCE,
  UMOUNT_NOFOLLOW,
  umount2,
  umount2Async,
  umountInNamespace,
  umountInNamespaceAsync,
} from '@fb/sys'
import { unmountError } from './explain.js'
import { identifyMount, identifyMountSync, isSameMount, type MountIdentifier } from './mountpoint.js'
import type { NamespaceReference } from './namespace.js'
import { findExecutable, startHelper } from './run-fusermount.js'

/** How to unmount. */
export interface UnmountOptions {
  /** Take the mount out of the tree now; the connection ends when its last open file is closed (MNT_DETACH). */
  readonly lazy?: boolean
  /** End the connection first: everything that waits fails, data that is not written back is lost (MNT_FORCE). */
  readonly force?: boolean
}

/** What an {@link ActiveMount} is made from. */
export interface ActiveMountInit {
  /** Absolute, without symbolic links; as the namespace sees it where there is one. */
  readonly path: string
  readonly fusermount: string
  readonly namespace?: NamespaceReference | undefined
  /** The mount at `path`, where it could be identified. */
  readonly identifier?: MountIdentifier | undefined
  /** Socket to the fusermount3 that unmounts when it closes. */
  readonly comm?: number | undefined
}

/** A mount that this process has made: how to take it away again, and nothing else that may be mounted there meanwhile. */
export class ActiveMount {
  readonly path: string
  readonly #fusermount: string
  readonly #namespace: NamespaceReference | undefined
  readonly #identifier: MountIdentifier | undefined
  #comm: number | undefined
  #gone = false

  constructor(init: ActiveMountInit) {
    this.path = init.path
    this.#fusermount = init.fusermount
    this.#namespace = init.namespace
    this.#identifier = init.identifier
    this.#comm = init.comm
  }

  /** Unmounts; nothing happens where it is unmounted already. Throws MountError (`EBUSY` ...). */
  async unmount(options: UnmountOptions): Promise<void> {
    if (this.#gone) return
    const code = await this.#unmount(flagsOf(options))
    if (code === 'EPERM') await this.#unmountWithFusermount(options)
    else if (code !== undefined) throw unmountError(code, this.path)
    this.release()
  }

  /** Errno name of a failure that means something; `undefined` where it is unmounted now. */
  async #unmount(flags: number): Promise<string | undefined> {
    if (this.#namespace !== undefined) {
      const result = await this.#namespace.use((fd) => umountInNamespaceAsync(fd, this.path, flags))
      return failureOf(result ?? 0)
    }
    if (!(await this.#isThere())) return undefined
    return failureOf(await umount2Async(this.path, flags))
  }

  /**
   * Takes the mount away on this thread, whoever uses it, and ends the connection first: the kernel would wait for
   * answers that this thread can no longer give. `closeDevice` closes every descriptor of the connection, which
   * ends it where the kernel does not let this process do so. Never throws.
   */
  unmountNow(closeDevice: () => void): void {
    if (this.#gone) return
    const flags = MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW
    let result = 0
    if (this.#namespace !== undefined) {
      result = this.#namespace.useSync((fd) => umountInNamespace(fd, this.path, flags)) ?? 0
    } else if (isSameMount(identifyMountSync(this.path), this.#identifier)) {
      result = umount2(this.path, flags)
    }
    if (failureOf(result) === 'EPERM') {
      closeDevice()
      spawnSync(this.#fusermount, fusermountArguments(this.path, true), { stdio: 'ignore' })
    }
    this.release()
  }

  /** The mount is gone or somebody else's: forget it. */
  release(): void {
    this.#gone = true
    if (this.#comm === undefined) return
    close(this.#comm)
    this.#comm = undefined
  }

  /** Without a way to compare (an old kernel), the path has to do. */
  async #isThere(): Promise<boolean> {
    if (this.#identifier === undefined) return true
    return isSameMount(await identifyMount(this.path), this.#identifier)
  }

  async #unmountWithFusermount(options: UnmountOptions): Promise<void> {
    const file = await findExecutable(this.#fusermount)
    if (file === undefined) throw unmountError('EPERM', this.path, ` (and there is no ${this.#fusermount})`)
    const args = fusermountArguments(this.path, options.lazy === true || options.force === true)
    const { ok, output } = await startHelper(file, args).exit
    if (ok || !(await this.#isThere())) return
    const code = /busy/i.test(output) ? 'EBUSY' : 'EPERM'
    throw unmountError(code, this.path, output === '' ? '' : ` (${output.trim().replaceAll('\n', '; ')})`)
  }
}

function fusermountArguments(path: string, lazy: boolean): string[] {
  return ['-u', ...(lazy ? ['-z'] : []), '--', path]
}

function flagsOf(options: UnmountOptions): number {
  const lazy = options.lazy === true ? MNT_DETACH : 0
  // Forced and not lazy would still fail with EBUSY for an open file, and leave a dead mount behind.
  return UMOUNT_NOFOLLOW | (options.force === true ? MNT_FORCE | MNT_DETACH : lazy)
}

/** EINVAL and ENOENT: nothing is mounted there any more. */
function failureOf(result: number): string | undefined {
  if (result >= 0) return undefined
  const code = errnoName(result)
  return code === 'EINVAL' || code === 'ENOENT' ? undefined : code
}

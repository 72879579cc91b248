import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ControlError } from '@fb/control'

/** The bits of a minor number that stand apart in `st_dev` (makedev(3)). */
const LOW_BITS = 0xff
const HIGH_SHIFT = 4096

/**
 * The mount that this process serves. A back end must not lead into it: system calls of one thread on files that only the
 * same thread can answer for would wait for ever.
 */
export class OwnMount {
  readonly #mountpoint: string
  /** `st_dev` of its files, once it is there. */
  #device: number | undefined

  /** @param mountpoint without symbolic links */
  constructor(mountpoint: string) {
    this.#mountpoint = mountpoint
  }

  /** @param connection number of the FUSE connection, which is the minor number of the mount's device */
  mounted(connection: number | undefined): void {
    if (connection === undefined) return
    const low = connection & LOW_BITS
    this.#device = low + (connection - low) * HIGH_SHIFT
  }

  /** Throws {@link ControlError} ELOOP for a source that has the mount in it, or is in it. Never blocks the thread. */
  async check(source: string): Promise<void> {
    let path: string
    try {
      path = await realpath(source)
    } catch {
      // Whoever opens it says better what is wrong.
      return
    }
    if (isWithin(this.#mountpoint, path)) {
      throw new ControlError(
        'ELOOP',
        `${source} has the mount point in it: the daemon would wait for itself there`,
      )
    }
    for (let at = path; this.#device !== undefined; at = dirname(at)) {
      if ((await stat(at)).dev === this.#device) {
        throw new ControlError(
          'ELOOP',
          `${source} is on the mount itself: the daemon would wait for itself there`,
        )
      }
      if (at === '/') return
    }
  }
}

function isWithin(path: string, directory: string): boolean {
  return path !== directory && `${path}/`.startsWith(directory === '/' ? '/' : `${directory}/`)
}

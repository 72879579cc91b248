import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DaemonProcess } from './daemon-process.js'
import { mountType } from './proc.js'
import { attempt } from './run.js'

/** How a directory is mounted. */
export interface MountedOptions {
  /** Options of the daemon; everybody may use the mount, set-id bits and devices count. */
  readonly args?: readonly string[]
  /** Options of the mount at `/` of a tree, such as `uidmap=...`, or nothing; without it there is no tree. */
  readonly tree?: string
}

/** A directory that a daemon of its own serves at a new mount point. */
export class Mounted {
  readonly mountpoint: string
  readonly #daemon: DaemonProcess

  private constructor(mountpoint: string, daemon: DaemonProcess) {
    this.mountpoint = mountpoint
    this.#daemon = daemon
  }

  /** Serves a directory with the script of `fusedev-daemon`. Throws what it wrote where it does not serve. */
  static async start(
    script: string,
    source: string,
    { args = [], tree }: MountedOptions = {},
  ): Promise<Mounted> {
    const mountpoint = mkdtempSync(join(tmpdir(), 'fb-mounted-'))
    const served = tree === undefined ? [source] : ['--mount', ['/=', source, tree && `,${tree}`].join('')]
    try {
      const options = ['-o', 'allow_other,suid,dev', ...args, ...served, mountpoint]
      return new Mounted(mountpoint, await DaemonProcess.start(script, options))
    } catch (error) {
      rmdirSync(mountpoint)
      throw error
    }
  }

  /** Ends the daemon, and leaves nothing mounted whatever state it is in. Throws where it ended with another code than 0. */
  async close(): Promise<void> {
    try {
      await this.#daemon.stop()
    } finally {
      if (mountType(this.mountpoint) !== undefined) await attempt('umount', ['-l', this.mountpoint])
      rmdirSync(this.mountpoint)
    }
  }
}

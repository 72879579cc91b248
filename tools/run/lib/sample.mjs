import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountType } from './mounts.mjs'

/** A small directory to serve, and an empty one to mount it on, both temporary. */
export class Sample {
  constructor() {
    this.base = mkdtempSync(join(realpathSync(tmpdir()), 'fb-sample-'))
    this.source = join(this.base, 'files')
    this.mountpoint = join(this.base, 'mnt')
    mkdirSync(join(this.source, 'notes'), { recursive: true })
    mkdirSync(this.mountpoint)
    writeFileSync(join(this.source, 'README.txt'), readme)
    writeFileSync(join(this.source, 'hello.txt'), 'Hello from TypeScript.\n')
    writeFileSync(join(this.source, 'notes', 'today.txt'), 'Write here: it lands in the source directory.\n')
  }

  /**
   * Removes both directories. What is mounted is never descended into: the mount point is removed only when it is
   * an empty directory.
   *
   * @returns whether nothing is left
   */
  remove() {
    if (mountType(this.mountpoint) !== undefined) return false
    rmdirSync(this.mountpoint)
    rmSync(this.source, { recursive: true })
    rmdirSync(this.base)
    return true
  }
}

const readme = `This directory is served by fb, a file-system server written in TypeScript.

You see it twice: as it is on the disk ("files"), and through the server ("mnt").
Create, change and delete what you like in "mnt"; both go away when the server is stopped.
`

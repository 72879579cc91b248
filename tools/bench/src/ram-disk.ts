import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './shell.js'

/** A fresh ext4 in memory: the machine's own disk would decide the numbers otherwise. Needs root. */
export class RamDisk {
  readonly directory: string
  readonly #base: string

  constructor(size: string) {
    this.#base = mkdtempSync('/dev/shm/fb-bench-')
    this.directory = join(this.#base, 'disk')
    mkdirSync(this.directory)
    const image = join(this.#base, 'image')
    run('truncate', ['-s', size, image])
    run('mkfs.ext4', ['-q', '-F', image])
    run('mount', ['-o', 'loop', image, this.directory])
  }

  close(): void {
    run('umount', [this.directory])
    rmSync(this.#base, { recursive: true, force: true })
  }
}

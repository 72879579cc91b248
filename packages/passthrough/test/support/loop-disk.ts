import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why a file system cannot be made and mounted here, or `undefined`. */
export function whyNoLoopDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root'
  for (const program of ['mkfs.ext4', 'mount', 'umount']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `no ${program}`
  }
  return undefined
}

/** An ext4 file system in memory, mounted at `path`. */
export class LoopDisk {
  readonly path: string
  readonly #directory: string

  constructor(megabytes: number) {
    this.#directory = mkdtempSync(join('/dev/shm', 'passthrough-disk-'))
    const image = join(this.#directory, 'image')
    this.path = mkdtempSync(join(this.#directory, 'mount-'))
    writeFileSync(image, '')
    truncateSync(image, megabytes * 1024 * 1024)
    execFileSync('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', image])
    execFileSync('mount', ['-o', 'loop', image, this.path])
  }

  remove(): void {
    const { status, stderr } = spawnSync('umount', [this.path], { encoding: 'utf8' })
    if (status !== 0) {
      execFileSync('umount', ['--lazy', this.path])
      throw new Error(`something of the disk is still in use: ${stderr}`)
    }
    rmSync(this.#directory, { recursive: true })
  }
}

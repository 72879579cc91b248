import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach } from 'vitest'

const exec = promisify(execFile)

const made: string[] = []
const scratch: string[] = []

/** An empty directory to mount on. What is still mounted there after the test is detached. */
export async function mountpoint(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fusedev-'))
  made.push(path)
  return path
}

/** An empty file to mount on. */
export async function fileMountpoint(): Promise<string> {
  const path = join(await scratchDirectory(), 'root')
  await writeFile(path, '')
  made.push(path)
  return path
}

/** A directory for files of a test, removed afterwards. */
export async function scratchDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fusedev-scratch-'))
  scratch.push(path)
  return path
}

/** The lines of /proc/self/mountinfo whose mountpoint is `path`. */
export async function mountsAt(path: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines.filter((line) => line.split(' ')[4] === path)
}

afterEach(async () => {
  for (const path of made.splice(0)) {
    for (const _ of await mountsAt(path)) await exec('umount', ['-l', path])
    await rmdir(path).catch(() => unlink(path))
  }
  for (const path of scratch.splice(0)) await rm(path, { recursive: true, force: true })
})

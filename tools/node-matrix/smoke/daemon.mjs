import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountType, root, unmount } from '@fb/run'

const daemon = join(root, 'apps/fusedev-daemon/dist/main.js')

/**
 * Serves a directory with the daemon, reads and writes through the mount, and stops it.
 *
 * @returns false where this process may not mount
 */
export async function daemonWorks() {
  if (process.getuid?.() !== 0 || !existsSync('/dev/fuse')) return false
  const base = mkdtempSync(join(tmpdir(), 'fb-matrix-'))
  const source = join(base, 'source')
  const mountpoint = join(base, 'mnt')
  mkdirSync(source)
  mkdirSync(mountpoint)
  writeFileSync(join(source, 'file'), 'served')
  const child = spawn(process.execPath, [daemon, source, mountpoint], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
  try {
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended])
    if ((await readFile(join(mountpoint, 'file'), 'utf8')) !== 'served')
      throw new Error('read something else')
    await writeFile(join(mountpoint, 'new'), 'written')
    if ((await readFile(join(source, 'new'), 'utf8')) !== 'written') throw new Error('wrote something else')
    child.kill('SIGTERM')
    const how = await ended
    if (how !== 0) throw new Error(`the daemon ended with ${how}`)
    if (mountType(mountpoint) !== undefined) throw new Error('the daemon left its mount')
    return true
  } finally {
    child.kill('SIGKILL')
    await ended
    unmount(mountpoint)
    rmdirSync(mountpoint)
    rmSync(base, { recursive: true })
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '@fb/run'
import { AT_FDCWD, check, close, O_RDONLY, openat, preadAsync } from '@fb/sys'

/** Calls the addon, on this thread and on its own. */
export async function addonWorks() {
  const fd = check(openat(AT_FDCWD, '/proc/sys/kernel/ostype', O_RDONLY, 0), 'openat')
  const buffer = new Uint8Array(64)
  const length = check(await preadAsync(fd, buffer, 0, buffer.length, 0), 'pread')
  close(fd)
  const text = new TextDecoder().decode(buffer.subarray(0, length))
  if (text !== readFileSync('/proc/sys/kernel/ostype', 'utf8')) throw new Error(`read ${text}`)
  const own = join(root, 'packages/sys/test/smoke.mjs')
  if (existsSync(own)) await import(pathToFileURL(own).href)
}

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { serve } from './serve.mjs'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(realpathSync(tmpdir()), 'fb-serve-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

function daemon(text: string): string {
  const path = join(directory, 'daemon.mjs')
  writeFileSync(path, `import { writeFileSync } from 'node:fs'\n${text}\n`)
  return path
}

it('passes arguments and directory on, and the exit code back', async () => {
  const path = daemon(`process.exit(process.cwd() === '${directory}' && process.argv[2] === '--x' ? 64 : 1)`)
  expect(await serve(path, ['--x'], directory)).toBe(64)
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on', async (signal) => {
  const path = daemon(`
    process.on('${signal}', () => process.exit(7))
    writeFileSync('ready', '')
    setInterval(() => {}, 1000)`)
  const before = process.listenerCount(signal)
  const ended = serve(path, [], directory)
  await vi.waitFor(() => readFile(join(directory, 'ready')), 10_000)
  process.kill(process.pid, signal)
  expect(await ended).toBe(7)
  expect(process.listenerCount(signal)).toBe(before)
})

it('says when a signal ended the daemon', async () => {
  expect(await serve(daemon("process.kill(process.pid, 'SIGKILL')"), [], directory)).toBe(128 + 9)
})

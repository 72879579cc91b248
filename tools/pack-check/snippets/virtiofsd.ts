import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const daemon = join(import.meta.dirname, '../node_modules/.bin/virtiofsd')
const capabilities = JSON.parse(execFileSync(daemon, ['--print-capabilities'], { encoding: 'utf8' })) as {
  type: string
}
if (capabilities.type !== 'fs') throw new Error(`type ${capabilities.type}`)

if (process.getuid?.() === 0) {
  const base = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
  const [source, socket] = [join(base, 'source'), join(base, 'socket')]
  mkdirSync(source)
  const child = spawn(daemon, ['--sandbox', 'none', '--shared-dir', source, '--socket-path', socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  const listens = existsSync(socket)
  child.kill('SIGTERM')
  const [code] = await exit
  rmSync(base, { recursive: true })
  if (code !== 0 || !listens) throw new Error(`exit code ${code}, listens: ${listens}`)
}
console.log('@fb/virtiofsd works')

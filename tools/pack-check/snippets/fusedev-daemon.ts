import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const daemon = join(import.meta.dirname, '../node_modules/.bin/fusedev-daemon')
const help = spawn(daemon, ['--help'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [usage] = await once(help.stdout, 'data')
if (!String(usage).includes('fusedev-daemon')) throw new Error('no help')

function mayMount(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

if (mayMount()) {
  const base = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
  const [source, target] = [join(base, 'source'), join(base, 'target')]
  mkdirSync(source)
  mkdirSync(target)
  writeFileSync(join(source, 'file'), 'served')
  const child = spawn(daemon, [source, target], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  const text = await readFile(join(target, 'file'), 'utf8')
  child.kill('SIGTERM')
  const [code] = await exit
  rmdirSync(target)
  rmSync(base, { recursive: true })
  if (code !== 0 || text !== 'served') throw new Error(`exit code ${code}, read ${text}`)
}
console.log('@fb/fusedev-daemon works')

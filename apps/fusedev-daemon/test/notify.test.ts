import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { missingForMount, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from './daemon.js'

const missing = missingForMount(['fusermount3', 'python3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** The side of a service manager (sd_notify(3)): prints each datagram as JSON. */
const MANAGER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', chr(0)))
print('bound', flush=True)
while True: print(json.dumps(s.recv(65536).decode()), flush=True)
`

describe.skipIf(missing !== undefined)('a service manager', { timeout: 60_000 }, () => {
  let base: string
  let daemon: Daemon | undefined
  let manager: ChildProcess | undefined

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-notify-'))
    for (const name of ['source', 'mnt']) mkdirSync(join(base, name))
  })
  afterEach(async () => {
    await daemon?.dispose()
    daemon = undefined
    manager?.kill()
    delete process.env['NOTIFY_SOCKET']
    rmSync(base, { recursive: true, force: true })
  })

  async function listen(name: string): Promise<string[]> {
    const child = spawn('python3', ['-c', MANAGER, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    manager = child
    const lines = createInterface({ input: child.stdout })
    expect(await once(lines, 'line')).toEqual(['bound'])
    const heard: string[] = []
    lines.on('line', (line) => heard.push(String(JSON.parse(line))))
    process.env['NOTIFY_SOCKET'] = name
    return heard
  }

  it.each([
    ['a path', () => join(base, 'notify')],
    ['an abstract name', () => `@fb-notify-${process.pid}`],
  ])('at %s is told when it serves, and when it is about to end', async (_what, name) => {
    const heard = await listen(name())
    const [source, mountpoint] = [join(base, 'source'), join(base, 'mnt')]
    daemon = new Daemon([source, mountpoint], mountpoint)
    await waitFor('READY', () => heard.length > 0)
    expect(heard).toEqual([`READY=1\nSTATUS=serving ${source} at ${mountpoint}`])
    await daemon.ready()
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
    await waitFor('STOPPING', () => heard.length > 1)
    expect(heard.slice(1)).toEqual(['STOPPING=1'])
  })

  it('that is told nothing when it cannot serve, and that is not there, change nothing', async () => {
    const heard = await listen(join(base, 'notify'))
    daemon = new Daemon([join(base, 'none'), join(base, 'mnt')], join(base, 'mnt'))
    expect(await daemon.exit()).toBe(66)
    expect(heard).toEqual([])
    process.env['NOTIFY_SOCKET'] = join(base, 'nobody')
    daemon = new Daemon([join(base, 'source'), join(base, 'mnt')], join(base, 'mnt'))
    await daemon.ready()
    daemon.child.kill('SIGTERM')
    expect(await daemon.exit()).toBe(0)
  })
})

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt, hasProgram, missingForMount, mountType, run, waitFor } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAIN_JS } from './daemon.js'

const missing = missingForMount(['python3', 'fusermount3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const UNIT = fileURLToPath(new URL('../share/systemd/fusedev-daemon@.service', import.meta.url))

/** As systemd does: listens at the socket of the first argument, and runs the rest with it. */
const ACTIVATE = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
os.dup2(os.dup(s.fileno()), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='control')
os.execv(sys.argv[2], sys.argv[2:])
`

describe.skipIf(missing !== undefined)('systemd', { timeout: 60_000 }, () => {
  let base: string

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-units-'))
    for (const name of ['source', 'mnt', 'bin']) mkdirSync(join(base, name))
  })
  afterEach(async () => {
    if (mountType(join(base, 'mnt')) !== undefined) await attempt('umount', ['-l', join(base, 'mnt')])
    rmSync(base, { recursive: true, force: true })
  })

  it('finds nothing wrong with the unit', async (context) => {
    if (!hasProgram('systemd-analyze')) return context.skip('systemd-analyze is missing')
    const unit = join(base, 'fusedev-daemon@srv-photos.service')
    copyFileSync(UNIT, unit)
    writeFileSync(join(base, 'bin/fusedev-daemon'), '')
    chmodSync(join(base, 'bin/fusedev-daemon'), 0o755)
    // Where the daemon is installed is not what is asked.
    await run('sed', ['-i', `s|^ExecStart=|&${base}/bin/|`, unit])
    const { code, stdout, stderr } = await attempt('systemd-analyze', ['verify', '--man=no', unit])
    expect({
      code,
      stdout,
      stderr: stderr.replaceAll(/^.*(?:Failed to (?:connect|open)|cgroup).*\n/gm, ''),
    }).toEqual({
      ...{ code: 0, stdout: '', stderr: '' },
    })
  })

  it('listens at the control socket in place of the daemon, and keeps it', async () => {
    const [socket, mountpoint] = [join(base, 'control'), join(base, 'mnt')]
    const command = [process.execPath, MAIN_JS, '--mount', `/x=${base}/source`, mountpoint]
    const daemon = attempt('python3', ['-c', ACTIVATE, socket, ...command])
    await waitFor('the mount', () => mountType(mountpoint) !== undefined)
    const ctl = (...words: string[]) =>
      attempt(process.execPath, [MAIN_JS, 'ctl', '--socket', socket, ...words])
    const { code, stdout } = await ctl('list')
    expect(code).toBe(0)
    expect(stdout).toContain(`${base}/source`)
    expect((await ctl('mount', '/y', join(base, 'source'))).code).toBe(0)
    expect(statSync(join(mountpoint, 'y')).isDirectory()).toBe(true)
    await run('fusermount3', ['-u', mountpoint])
    expect((await daemon).code).toBe(0)
    expect(existsSync(socket)).toBe(true)
  })
})

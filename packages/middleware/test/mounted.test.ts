import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Errno, type FileSystem } from '@fb/api'
import { PassthroughFs } from '@fb/passthrough'
import { attempt, missingForMount, mountType, run } from '@fb/testbed'
import { mount } from '@fb/transport-fusedev'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Faults, injectFaults, readOnly } from '../src/index.js'

const missing = missingForMount()
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)(
  'fault injection and read-only on a mount',
  { timeout: 60_000 },
  () => {
    let base: string
    let mountpoint: string
    beforeEach(() => {
      base = mkdtempSync(join(tmpdir(), 'fb-layers-'))
      mountpoint = join(base, 'mnt')
      for (const name of ['mnt', 'source']) mkdirSync(join(base, name))
      for (const name of ['good', 'bad', 'worse']) writeFileSync(join(base, 'source', name), `${name}\n`)
    })
    afterEach(async () => {
      if (mountType(mountpoint) !== undefined) await attempt('umount', ['-l', mountpoint])
      rmSync(base, { recursive: true, force: true })
    })

    const faults = new Faults()

    /** Serves the directory behind layers until `use` is done with it. */
    async function served(layers: (fs: FileSystem) => FileSystem, use: () => Promise<void>): Promise<void> {
      faults.set([
        { operations: 'lookup', name: 'worse', errno: Errno.EIO },
        { operations: 'mkdir', times: 1, errno: Errno.ENOSPC },
        { operations: 'unlink', delay: 1, errno: Errno.EDQUOT },
      ])
      const fs = new PassthroughFs({ source: join(base, 'source') })
      const mounted = await mount(layers(fs), mountpoint)
      try {
        await use()
      } finally {
        await mounted.unmount()
        await mounted.closed
        fs.close()
      }
    }

    /** What a program complains of. */
    const complaint = async (program: string, ...args: string[]): Promise<string> =>
      /[^:]*$/.exec((await attempt(program, args)).stderr.trim())?.[0]?.trim() ?? ''

    const at = (name: string): string => join(mountpoint, name)

    it('read-only outside: what programs change is EROFS, what they read may fail', async () => {
      await served(
        (fs) => readOnly(injectFaults(fs, faults)),
        async () => {
          expect(await run('cat', [at('good')])).toBe('good\n')
          expect(await complaint('cat', at('worse'))).toBe('Input/output error')
          for (const [program, ...args] of [
            ['mkdir', at('new')],
            ['rm', '-f', at('bad')],
            ['touch', at('good')],
            ['mv', at('good'), at('moved')],
            ['cp', at('good'), at('bad')],
          ] as const) {
            expect(await complaint(program, ...args), program).toBe('Read-only file system')
          }
          expect(faults.struck.slice(1)).toEqual([0, 0])
        },
      )
      expect(readdirSync(join(base, 'source')).sort()).toEqual(['bad', 'good', 'worse'])
      expect(readFileSync(join(base, 'source/bad'), 'utf8')).toBe('bad\n')
    })

    it('fault injection outside: the faults first, EROFS for what they let through', async () => {
      await served(
        (fs) => injectFaults(readOnly(fs), faults),
        async () => {
          expect(await run('cat', [at('good')])).toBe('good\n')
          expect(await complaint('cat', at('worse'))).toBe('Input/output error')
          expect(await complaint('mkdir', at('new'))).toBe('No space left on device')
          expect(await complaint('mkdir', at('new'))).toBe('Read-only file system')
          expect(await complaint('rm', '-f', at('bad'))).toBe('Disk quota exceeded')
          expect(await complaint('touch', at('good'))).toBe('Read-only file system')
          faults.set([])
          expect(await complaint('rm', '-f', at('bad'))).toBe('Read-only file system')
          expect(await run('cat', [at('worse')])).toBe('worse\n')
        },
      )
      expect(readdirSync(join(base, 'source')).sort()).toEqual(['bad', 'good', 'worse'])
    })
  },
)

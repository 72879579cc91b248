import { chmodSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingForMount, run } from '@fb/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServedDisk } from './daemon.js'

const PROGRAM = fileURLToPath(new URL('programs/like-the-disk.py', import.meta.url))

const reason = missingForMount(['python3', 'chattr'])
if (reason !== undefined) console.warn(`skipped: ${reason}`)

async function linesOf(directory: string, without: readonly string[]): Promise<string[]> {
  return (await run('python3', [PROGRAM, directory, ...without])).split('\n')
}

describe.skipIf(reason !== undefined).each([
  { mode: 'default', options: [], place: '' },
  { mode: 'nothing cached', options: ['--cache', 'never'], place: '' },
  {
    mode: 'writes gathered',
    options: ['--cache', 'always', '--writeback'],
    place: '',
    // The kernel keeps times itself then, for as long as it likes, and does not cut them to what the disk holds.
    without: ['set-times'],
  },
  { mode: 'a tree', options: ['--mount', '/a/b=SOURCE'], place: 'a/b' },
])('what programs see ($mode)', { timeout: 120_000 }, ({ options, place, without = [] }) => {
  let served: ServedDisk
  let disk: string[]

  beforeAll(async () => {
    served = new ServedDisk('256M')
    const given = options.map((option) => option.replace('SOURCE', served.beside))
    await served.serve('-o', 'allow_other,suid,dev', ...given)
    const directory = join(served.disk.directory, 'compare')
    mkdirSync(directory)
    // Other users get there too.
    chmodSync(dirname(served.mount), 0o755)
    disk = await linesOf(directory, without)
  }, 120_000)

  afterAll(async () => {
    await served.close()
  })

  it('is what they see on the disk', async () => {
    expect(disk.length).toBeGreaterThan(250)
    expect(await linesOf(join(served.mount, place), without)).toEqual(disk)
  })
})

import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manifest } from './manifest.js'
import { makeOddTree } from './odd-tree.js'
import { RamDisk } from './ram-disk.js'
import { missingForMount } from './requirements.js'
import { run } from './run.js'

const missing = missingForMount(['mkfs.ext4', 'setfattr', 'setfacl'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)('manifest', () => {
  let disk: RamDisk
  beforeAll(() => {
    disk = new RamDisk('512M')
  })
  afterAll(() => disk.close())

  it('is the same for a faithful copy of an odd tree and differs after any change', async () => {
    const from = join(disk.directory, 'from')
    const to = join(disk.directory, 'to')
    mkdirSync(from)
    await makeOddTree(from)
    await run('cp', ['-a', from, to])
    const original = manifest(from, { holes: true })
    expect(original.length).toBeGreaterThan(350)
    expect(manifest(to, { holes: true })).toEqual(original)
    expect(original.some((line) => line.includes('same as'))).toBe(true)
    expect(original.some((line) => line.includes('user.comment'))).toBe(true)
    appendFileSync(join(to, 'random'), '!')
    expect(manifest(to)).not.toEqual(original)
  })
})

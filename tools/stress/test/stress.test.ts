import { missingForMount } from '@fb/testbed'
import { describe, it } from 'vitest'
import { runDifferential } from '../src/differential.js'
import { onMount } from '../src/on-mount.js'
import { runStressNg } from '../src/stress-ng.js'

const missing = missingForMount(['mkfs.ext4', 'e2fsck', 'python3', 'stress-ng'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const STRESSORS = ['dentry', 'fallocate', 'flock', 'link', 'lockofd', 'mmap', 'rename', 'seek', 'xattr']

describe.skipIf(missing !== undefined).each([
  { mode: 'default', options: {} },
  { mode: 'everything cached, writes gathered', options: { args: ['--cache', 'always', '--writeback'] } },
  { mode: 'nothing cached', options: { args: ['--cache', 'never'] } },
  { mode: 'a tree', options: { inside: '/a/b' } },
])('a mount under stress ($mode)', { timeout: 240_000 }, ({ options }) => {
  // What differs is thrown: result, error or attributes of the first call that gives another than on the disk.
  it('answers random calls as the disk does', async () => {
    await onMount(options, (directory, beside) =>
      runDifferential(directory, beside, { operations: 2000, seed: 1 }),
    )
  })

  it("passes stress-ng's own checks, and shows what the disk holds", async () => {
    await onMount(options, (directory) => runStressNg(directory, { seconds: 1, stressors: STRESSORS }))
  })
})

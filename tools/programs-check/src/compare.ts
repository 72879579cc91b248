import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Mounted, type MountedOptions, RamDisk } from '@fb/testbed'
import { differing } from './facts.js'
import type { Program } from './program.js'

const ENTRY_POINT = join(
  dirname(createRequire(import.meta.url).resolve('@fb/fusedev-daemon/package.json')),
  'dist/main.js',
)

/** Where a program is run. */
export interface CompareOptions extends MountedOptions {
  /** Size of each ext4, as `truncate -s` takes it: only what is written costs memory. Default `8G`. */
  readonly size?: string
}

/** What came of a run on the disk and on the mount. */
export interface Comparison {
  readonly facts: number
  /** Lines that are on one side alone. */
  readonly differences: readonly string[]
  /** Seconds that it took on the disk, and on the mount. */
  readonly seconds: readonly [disk: number, mount: number]
}

/** Runs a program on an ext4 in memory, then on a mount of a directory of the same. Throws where it fails. */
export async function compare(
  program: Program,
  { size = '8G', ...options }: CompareOptions = {},
): Promise<Comparison> {
  const [disk, other] = [new RamDisk(size), new RamDisk(size)]
  const run = async (directory: string): Promise<{ facts: string[]; seconds: number }> => {
    mkdirSync(directory)
    const start = Date.now()
    const facts = await program.run({ directory, common: other.directory })
    return { facts, seconds: Math.round((Date.now() - start) / 1000) }
  }
  try {
    const expected = await run(join(disk.directory, 'beside'))
    const source = join(disk.directory, 'source')
    mkdirSync(source)
    const mounted = await Mounted.start(ENTRY_POINT, source, options)
    try {
      const found = await run(join(mounted.mountpoint, 'here'))
      const differences = differing(expected.facts, found.facts)
      return { facts: found.facts.length, differences, seconds: [expected.seconds, found.seconds] }
    } finally {
      await mounted.close()
    }
  } finally {
    for (const each of [disk, other]) each.close()
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ServedMount, type ServedMountOptions } from '@fb/served-mount'
import { manifest, RamDisk } from '@fb/testbed'

/**
 * Serves a directory of a fresh ext4 and has `work` done in it; `beside` is the ext4 itself. Afterwards the mount must show what the disk holds, and the
 * disk must be sound.
 *
 * @throws Error what is wrong
 */
export async function onMount(
  options: ServedMountOptions,
  work: (directory: string, beside: string) => Promise<void>,
): Promise<void> {
  const disk = new RamDisk('4G')
  try {
    const [source, mount] = ['source', 'mount'].map((name) => join(disk.directory, name)) as [string, string]
    for (const directory of [source, mount]) mkdirSync(directory)
    const served = await ServedMount.start(source, mount, options)
    try {
      const directory = join(served.directory, 'work')
      mkdirSync(directory)
      await work(directory, disk.directory)
      compare(manifest(directory), manifest(join(source, 'work')))
    } finally {
      await served.close()
    }
    disk.check()
  } finally {
    disk.close()
  }
}

function compare(mount: readonly string[], disk: readonly string[]): void {
  const onDisk = new Set(disk)
  const strange = mount.filter((line) => !onDisk.has(line))
  if (strange.length === 0 && mount.length === disk.length) return
  throw new Error(
    `the mount shows ${mount.length} entries, the disk has ${disk.length}; first of the others: ${strange[0]}`,
  )
}

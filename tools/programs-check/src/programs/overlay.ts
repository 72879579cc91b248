import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, makeOddTree, manifest, run, shell } from '@fb/testbed'
import type { Place, Program } from '../program.js'

/**
 * Changes that copy up, leave whiteouts, hide what is below, and move directories. No second names of what is copied up: their
 * inode numbers are the same only where the lower layer has a UUID, or once the layers have been mounted again.
 */
const CHANGES = `
echo more >> many/file-1; chmod 600 many/file-2; chown 7:8 many/file-3; setfattr -n user.new -v x many/file-4
rm many/file-5 links/one; rm -r deep; mkdir deep; echo new > deep/file; rmdir empty
mv many/file-6 many/renamed; mv many/file-7 modes/file-7; ln -s x many/soft
mkdir -p made/within; for i in $(seq 50); do echo $i > made/within/$i; done; rm made/within/1?; touch random
truncate -s 5 many/file-9; printf abc | dd of=random bs=1 seek=100 conv=notrunc status=none
exec 3< many/file-10; echo changed > many/file-10; rm many/file-10; cat <&3
cp -a times times-copy; flock many/file-11 echo locked
mknod made/device c 1 5; mkfifo made/fifo; rm -rf names; mkdir names; (cd made; tar -cf - within) | tar -C names -xf -
touch -h -d '2003-01-01' many/soft; find . -newermt 2024-01-01 -exec touch -h -d '2004-01-01 00:00:00.5' {} +
mv sparse moved-or-copied
`

/** What is mounted over what: with the upper layer beside, or in the same place. */
const LAYERS = [
  ['lower here, upper on the disk', ['directory'], 'common', ''],
  ['several lower, one here', ['common', 'directory'], 'common', ''],
  ['all here', ['directory'], 'directory', ''],
  ['all here, redirect_dir and metacopy', ['directory'], 'directory', ',redirect_dir=on,metacopy=on'],
  ['all here, index', ['directory'], 'directory', ',index=on,nfs_export=off'],
  ['upper here, lower on the disk', ['common'], 'directory', ''],
] as const

/** Mounts layers, makes changes, and tells all that is to be seen, also after they have been mounted again. */
async function layer(
  place: Place,
  name: string,
  lower: readonly ('directory' | 'common')[],
  upper: 'directory' | 'common',
  options: string,
) {
  const trial = mkdtempSync(join(place.directory, 'layers-'))
  const common = mkdtempSync(join(place.common, 'layers-'))
  const base = { directory: trial, common }
  const at = mkdtempSync(join(tmpdir(), 'fb-overlay-'))
  const lowers = await Promise.all(
    lower.map(async (where, index) => {
      const path = join(base[where], `lower-${index}`)
      mkdirSync(path)
      if (index === lower.length - 1) await run('cp', ['-a', `${place.common}/odd/.`, path])
      else
        await shell(
          `mkdir many; echo on top > many/file-20; echo only > many/only; mknod many/file-21 c 0 0`,
          { cwd: path },
        )
      return path
    }),
  )
  const [top, work] = ['upper', 'work'].map((part) => join(base[upper], part)) as [string, string]
  for (const path of [top, work]) mkdirSync(path)
  const data = `lowerdir=${lowers.join(':')},upperdir=${top},workdir=${work}${options}`
  const mounted = await attempt('mount', ['-t', 'overlay', 'overlay', '-o', data, at])
  if (mounted.code !== 0) {
    rmdirSync(at)
    return [`${name}: refused`]
  }
  try {
    const said = await shell(CHANGES, { cwd: at })
    const seen = manifest(at)
    await run('umount', [at])
    await run('mount', ['-t', 'overlay', 'overlay', '-o', data, at])
    const again = manifest(at)
    const left = manifest(top).length
    return [
      `${name}: ${said.trim()}; ${left} above`,
      ...seen.map((line) => `${name}: ${line}`),
      ...again.map((line) => `${name} again: ${line}`),
    ]
  } finally {
    await attempt('umount', ['-l', at])
    rmdirSync(at)
  }
}

async function oddTree(common: string): Promise<void> {
  const odd = join(common, 'odd')
  if (existsSync(odd)) return
  mkdirSync(odd)
  await makeOddTree(odd)
  // CAP_NET_RAW, permitted and effective (struct vfs_cap_data).
  await shell('setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 modes/f0755', {
    cwd: odd,
  })
}

/** overlayfs with its layers in the directory: as one of the names says, or in each way. */
export function layers(only?: (typeof LAYERS)[number][0]): Program {
  return {
    name: 'overlay',
    description: 'overlayfs with lower, upper or all layers on it',
    needs: ['setfattr', 'setfacl', 'flock', 'tar', 'cp'],
    async run(place) {
      await oddTree(place.common)
      const facts: string[] = []
      for (const [name, lower, upper, options] of LAYERS) {
        if (only === undefined || only === name)
          facts.push(...(await layer(place, name, lower, upper, options)))
      }
      return facts
    },
  }
}

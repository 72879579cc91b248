import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, makeOddTree, manifest, missingForMount, RamDisk, run, shell } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from './daemon.js'

const missing = missingForMount(['setfattr', 'getfattr', 'setfacl', 'getfacl', 'mkfs.ext4'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)(
  'programs in a tree of several back ends',
  { timeout: 120_000 },
  () => {
    let base: string
    let mountpoint: string
    const daemons: Daemon[] = []
    const disks: RamDisk[] = []
    const mounted: string[] = []

    beforeEach(() => {
      base = mkdtempSync(join(tmpdir(), 'fb-programs-'))
      chmodSync(base, 0o755)
      mountpoint = join(base, 'mnt')
      for (const name of ['mnt', 'outer', 'inner', 'other']) mkdirSync(join(base, name))
      mkdirSync(join(base, 'outer/own/deeper'), { recursive: true })
      for (const name of ['outer', 'inner', 'other']) writeFileSync(join(base, name, 'file'), `in ${name}\n`)
    })
    afterEach(async () => {
      for (const daemon of daemons.splice(0)) await daemon.dispose()
      for (const disk of disks.splice(0)) disk.close()
      for (const directory of mounted.splice(0)) await run('umount', ['-l', directory])
      rmSync(base, { recursive: true, force: true })
    })

    async function serve(...mounts: string[]): Promise<void> {
      const args = mounts.flatMap((mount) => ['--mount', mount])
      const daemon = new Daemon(['--allow-other', ...args, mountpoint], mountpoint)
      daemons.push(daemon)
      await daemon.ready()
    }

    /** `outer` at `/`, `inner` in a directory of it, `other` where nobody has a directory. */
    const served = (): Promise<void> =>
      serve(`/=${base}/outer`, `/own/deeper/nested=${base}/inner`, `/beside/it=${base}/other`)

    const at = (path: string): string => join(mountpoint, path)

    it('rename(2) and link(2) from one to another are EXDEV, in each direction, and change nothing', async () => {
      await served()
      const places = ['', 'own/deeper/nested', 'beside/it']
      for (const from of places) {
        for (const to of places.filter((place) => place !== from)) {
          const [source, target] = [at(join(from, 'file')), at(join(to, 'new'))]
          expect(() => renameSync(source, target), `${from} to ${to}`).toThrow(/EXDEV/)
          expect(() => linkSync(source, target), `${from} to ${to}`).toThrow(/EXDEV/)
          expect(() => renameSync(source, at(join(to, 'file'))), `${from} to ${to}`).toThrow(/EXDEV/)
          expect([existsSync(source), existsSync(target)]).toEqual([true, false])
        }
      }
      for (const name of ['outer', 'inner', 'other']) {
        expect(readFileSync(join(base, name, 'file'), 'utf8')).toBe(`in ${name}\n`)
        expect(statSync(join(base, name, 'file')).nlink).toBe(1)
      }
      renameSync(at('beside/it/file'), at('beside/it/renamed'))
      linkSync(at('beside/it/renamed'), at('beside/it/linked'))
      expect(readdirSync(join(base, 'other')).sort()).toEqual(['linked', 'renamed'])
    })

    it('mv copies what it cannot rename: content, mode, times and attributes are kept, the source is gone', async () => {
      await served()
      const file = at('own/deeper/moving')
      const bytes = Buffer.alloc(3 * 1024 * 1024 + 7, 'abcdefg')
      writeFileSync(file, bytes)
      chmodSync(file, 0o640)
      await run('touch', ['-d', '2011-12-13 14:15:16.123456789', file])
      await run('setfattr', ['-n', 'user.note', '-v', 'kept', file])
      const before = statSync(file, { bigint: true })

      await run('mv', [file, at('own/deeper/nested/moved')])
      const after = statSync(join(base, 'inner/moved'), { bigint: true })
      expect(readFileSync(join(base, 'inner/moved')).equals(bytes)).toBe(true)
      expect([after.mode, after.mtimeNs, after.uid, after.gid]).toEqual([
        before.mode,
        before.mtimeNs,
        before.uid,
        before.gid,
      ])
      expect(await run('getfattr', ['--only-values', '-n', 'user.note', join(base, 'inner/moved')])).toBe(
        'kept',
      )
      expect(existsSync(join(base, 'outer/own/deeper/moving'))).toBe(false)
    })

    it('mv takes whole trees from one to another, with one of everything in them', async () => {
      await served()
      mkdirSync(at('tree'))
      await makeOddTree(at('tree'))
      const before = await manifest(at('tree'))
      await run('mv', [at('tree'), at('own/deeper/nested/')])
      expect(existsSync(join(base, 'outer/tree'))).toBe(false)
      expect(await manifest(join(base, 'inner/tree'))).toEqual(before)
      await run('mv', [at('own/deeper/nested/tree'), at('beside/it/renamed')])
      expect(readdirSync(join(base, 'inner'))).toEqual(['file'])
      expect(await manifest(join(base, 'other/renamed'))).toEqual(before)
    })

    it('mv takes neither a mount nor what leads to one', async () => {
      await served()
      for (const path of ['own', 'own/deeper', 'own/deeper/nested', 'beside', 'beside/it']) {
        const { code, stderr } = await attempt('mv', [at(path), at('taken')])
        expect([code, stderr], path).toEqual([1, expect.stringMatching(/Device or resource busy/)])
        expect((await attempt('rmdir', [at(path)])).stderr).toMatch(/busy|not empty/)
      }
      expect(readFileSync(at('own/deeper/nested/file'), 'utf8')).toBe('in inner\n')
    })

    it('a nested mount is reached through the directories of its parent, and up again', async () => {
      await served()
      expect(await run('ls', [at('own/deeper')])).toBe('nested\n')
      expect(readFileSync(at('own/deeper/nested/file'), 'utf8')).toBe('in inner\n')
      const output = await shell(
        `cd ${at('own/deeper/nested')}; pwd -P; cat file; cat ../../../file; cd ..; ls; cd ../..; ls -A`,
      )
      expect(output).toBe(`${at('own/deeper/nested')}\nin inner\nin outer\nnested\nbeside\nfile\nown\n`)
      // What the parent has under the name of the mount is covered, on the host it is there.
      mkdirSync(join(base, 'outer/own/deeper/nested'))
      writeFileSync(join(base, 'outer/own/deeper/nested/covered'), '')
      expect(readdirSync(at('own/deeper/nested'))).toEqual(['file'])
      // A link of one back end leads wherever its text says, also into another.
      symlinkSync('deeper/nested/file', at('own/link'))
      expect(readFileSync(at('own/link'), 'utf8')).toBe('in inner\n')
      // What is made next to a mount is the parent's.
      writeFileSync(at('own/deeper/new'), 'beside')
      expect(readdirSync(join(base, 'outer/own/deeper')).sort()).toEqual(['nested', 'new'])
    })

    it('df and statfs(2) show the numbers of the back end of a path', async () => {
      const disk = new RamDisk('48M')
      disks.push(disk)
      writeFileSync(join(disk.directory, 'filler'), Buffer.alloc(5 * 1024 * 1024, 1))
      await serve(`/=${base}/outer`, `/small/disk=${disk.directory}`)
      const numbers = (path: string): Promise<string> =>
        run('df', ['--output=size,used,itotal,iused', '--block-size=1', path])
      expect(await numbers(at('small/disk'))).toBe(await numbers(disk.directory))
      expect(await numbers(at('small/disk/filler'))).toBe(await numbers(disk.directory))
      expect(statfsSync(at('file')).blocks).toBe(statfsSync(base).blocks)
      expect(statfsSync(at('small/disk')).blocks).toBe(statfsSync(disk.directory).blocks)
      // The directories in between take no space.
      expect(statfsSync(at('small'))).toMatchObject({ blocks: 0, bfree: 0 })
      // And what is written to one is used in that one.
      writeFileSync(at('small/disk/more'), Buffer.alloc(4 * 1024 * 1024, 2))
      await run('sync', ['-f', at('small/disk/more')])
      expect(await numbers(at('small/disk'))).toBe(await numbers(disk.directory))
      await expect(shell(`head -c 48M /dev/zero > ${at('small/disk/full')}`)).rejects.toThrow(/No space left/)
      writeFileSync(at('fits'), Buffer.alloc(1024 * 1024))
    })

    it('find: one device number, so -xdev goes into every mount, and no two files look like one', async () => {
      await served()
      // Over /dev/fuse the kernel gives a connection one device number: submounts have one of their own over virtio-fs only.
      const devices = await run('find', [mountpoint, '-printf', '%D\n'])
      expect(new Set(devices.trim().split('\n')).size).toBe(1)
      const everything =
        '. ./beside ./beside/it ./beside/it/file ./file ./own ./own/deeper ./own/deeper/nested ./own/deeper/nested/file'
      const list = (...options: string[]): Promise<string> =>
        shell(`cd ${mountpoint}; find . ${options.join(' ')} | LC_ALL=C sort | paste -sd ' '`)
      expect(await list()).toBe(`${everything}\n`)
      expect(await list('-xdev')).toBe(`${everything}\n`)
      // So the inode numbers of the mounts must differ: the three back ends are in one file system of the host.
      const inodes = (await run('find', [mountpoint, '-printf', '%i\n'])).trim().split('\n')
      expect(new Set(inodes).size).toBe(inodes.length)
      expect((await run('du', ['-s', '--inodes', mountpoint])).split('\t')[0]).toBe(String(inodes.length))
      expect((await run('find', [mountpoint, '-samefile', at('file')])).trim()).toBe(at('file'))
      expect((await attempt('find', ['-L', mountpoint, '-name', 'none'])).stderr).toBe('')
      await run('tar', ['-cf', join(base, 'all.tar'), '-C', mountpoint, '.'])
      const inTar = await run('tar', ['-tvf', join(base, 'all.tar')])
      expect(inTar).not.toMatch(/link to/)
      expect(inTar.match(/^-/gm)).toHaveLength(3)
    })

    it('lets others than root in everywhere, also where a node can have no ACL', async () => {
      // The kernel obeys ACLs by default, and asks every directory on the way for one.
      // A ramfs has no extended attributes at all.
      const memory = join(base, 'memory')
      mkdirSync(memory)
      await run('mount', ['-t', 'ramfs', '-o', 'mode=755', 'ramfs', memory])
      mounted.push(memory)
      writeFileSync(join(memory, 'file'), 'in memory\n')
      await serve(`/with=${base}/inner`, `/none/at/all=${base}/other,no-xattr`, `/memory=${memory}`)
      const nobody = { uid: 65534, gid: 65534 }
      expect(await run('ls', ['-l', mountpoint], nobody)).toContain('with')
      for (const [path, text] of [
        ['with/file', 'in inner\n'],
        ['none/at/all/file', 'in other\n'],
        ['memory/file', 'in memory\n'],
      ] as const) {
        expect(await run('cat', [at(path)], nobody)).toBe(text)
        expect((await attempt('touch', [at(path)], nobody)).stderr).toMatch(/Permission denied/)
      }
      for (const path of ['with', 'none', 'none/at/all', 'none/at/all/file', 'memory', 'memory/file']) {
        expect(await run('getfacl', ['-c', '--absolute-names', at(path)], nobody)).toMatch(/^user::r.*\n/)
      }
      for (const path of ['none/at/all/file', 'memory/file']) {
        expect((await attempt('setfacl', ['-m', 'u:1000:r', at(path)])).stderr).toMatch(
          /Operation not supported/,
        )
      }
    })

    describe('extended attributes in one back end though another has none', () => {
      const attribute = ['-n', 'user.colour']
      /** Each of the four operations is one that the kernel would never ask for again after a single ENOSYS. */
      const refused = async (path: string): Promise<void> => {
        for (const [program, args] of [
          ['setfattr', [...attribute, '-v', 'red', path]],
          ['getfattr', [...attribute, path]],
          ['getfattr', ['-d', '-m', '-', path]],
          ['setfattr', ['-x', 'user.colour', path]],
        ] as const) {
          expect(await attempt(program, args), `${program} ${path}`).toMatchObject({
            code: 1,
            stderr: expect.stringMatching(/Operation not supported|Read-only file system/),
          })
        }
      }
      const granted = async (path: string, behind: string): Promise<void> => {
        await run('setfattr', [...attribute, '-v', 'red', path])
        expect(await run('getfattr', ['--only-values', ...attribute, path])).toBe('red')
        expect(await run('getfattr', ['--only-values', ...attribute, behind])).toBe('red')
        expect(await run('getfattr', ['-d', '--absolute-names', path])).toContain('user.colour="red"\n')
        await run('setfattr', ['-x', 'user.colour', path])
        expect((await attempt('getfattr', [...attribute, path])).stderr).toMatch(/No such attribute/)
        expect(await run('getfattr', ['-d', behind])).toBe('')
      }
      const without = ['none/at/all/file', 'none/at/all', 'none/at', 'none', 'text/file', 'text']

      async function serveBoth(): Promise<void> {
        const config = join(base, 'config.yaml')
        writeFileSync(
          config,
          `mounts:
  - { path: /with, source: ${base}/inner }
  - { path: /none/at/all, source: ${base}/other, xattr: false }
  - { path: /text, files: { file: text } }
`,
        )
        const daemon = new Daemon(['--config', config, mountpoint], mountpoint)
        daemons.push(daemon)
        await daemon.ready()
      }

      it('first used where there are none, directories of the tree included', async () => {
        await serveBoth()
        for (const path of without) await refused(at(path))
        await refused(mountpoint)
        await granted(at('with/file'), join(base, 'inner/file'))
        await granted(at('with'), join(base, 'inner'))
        for (const path of without) await refused(at(path))
      })

      it('first used where there are some', async () => {
        await serveBoth()
        await granted(at('with/file'), join(base, 'inner/file'))
        for (const path of without) await refused(at(path))
        await granted(at('with/file'), join(base, 'inner/file'))
      })
    })
  },
)

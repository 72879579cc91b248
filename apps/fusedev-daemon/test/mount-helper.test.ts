import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt, type Ended, hasProgram, missingForMount } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const missing = missingForMount(['unshare', 'mount.fuse3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const HELPER = fileURLToPath(new URL('../share/mount.fuse.fb', import.meta.url))

describe.skipIf(missing !== undefined)('mount(8)', { timeout: 60_000 }, () => {
  let base: string
  let source: string
  let target: string

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-helper-'))
    source = join(base, 'a source')
    target = join(base, 'mnt')
    for (const name of [source, target, join(base, 'sbin')]) mkdirSync(name)
    writeFileSync(join(source, 'hello.txt'), 'hello\n')
    // Where mount(8), which has no PATH, looks for its helpers; and node for whoever has it elsewhere.
    symlinkSync(process.execPath, join(base, 'sbin/node'))
    symlinkSync(HELPER, join(base, 'sbin/mount.fuse.fb'))
  })
  afterEach(() => rmSync(base, { recursive: true, force: true }))

  /** Runs shell text where the helper is installed: mounts are those of a namespace that ends with it. */
  function shellWithHelper(text: string): Promise<Ended> {
    const script = [
      `mount -t overlay -o "lowerdir=$BASE/sbin:/usr/sbin" none /usr/sbin`,
      `trap 'umount -l "$M" 2>/dev/null || true' EXIT`,
      'line() { grep -F " $M " /proc/self/mounts || echo nothing; }',
      text,
    ].join('\n')
    const env = { ...process.env, BASE: base, S: source, M: target }
    return attempt('unshare', ['-m', 'bash', '-c', script], { env })
  }

  it('mounts with the options that fstab brings, and returns when the mount answers', async () => {
    const options =
      'defaults,nofail,_netdev,x-systemd.automount,noauto,comment=x,strictatime,cache=never,use_ino'
    const { code, stdout, stderr } = await shellWithHelper(
      `mount -t fuse.fb "$S" "$M" -o ${options} && cat "$M/hello.txt" && line`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')[0]).toBe('hello')
    const [shownSource, , type, flags] = (stdout.split('\n')[1] ?? '').split(' ')
    expect([shownSource, type]).toEqual([source.replace(' ', '\\040'), 'fuse.fb'])
    // As root suid and dev are allowed unless that is refused.
    expect(flags).not.toMatch(/nosuid|nodev|noexec|relatime/)
  })

  it('leaves suid and dev out where that is asked for', async () => {
    const { stdout } = await shellWithHelper('mount -t fuse.fb "$S" "$M" -o nosuid,ro && line')
    expect(stdout).toMatch(/ ro,nosuid,(?!nodev)/)
    const user = await shellWithHelper('mount -t fuse.fb "$S" "$M" -o user && line')
    expect(user.stdout).toMatch(/ rw,nosuid,nodev,noexec,/)
  })

  it('mounts lines of fstab, and the daemon ends when they are unmounted', async () => {
    const line = `${source.replace(' ', '\\040')} ${target} fuse.fb rw,nofail,log_file=${base}/log 0 0\n`
    writeFileSync(join(base, 'fstab'), line)
    const { code, stdout, stderr } = await shellWithHelper(
      `mount -a -T "$BASE/fstab" && cat "$M/hello.txt" && umount "$M"
       until grep -q 'has ended' "$BASE/log"; do sleep 0.1; done
       mount --fstab "$BASE/fstab" "$M" && cat "$M/hello.txt"`,
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'hello\nhello\n', stderr: '' })
  })

  it('remounts: flags change, and the same daemon serves on', async () => {
    const { code, stdout, stderr } = await shellWithHelper(
      `mount -t fuse.fb "$S" "$M" -o allow_other && mount -o remount,ro,noexec "$M" && line
       touch "$M/new" || mount -o remount,rw "$M" && line && touch "$M/new" && stat -c %d "$M"`,
    )
    expect(stderr).toMatch(/^touch: .*Read-only file system\n$/)
    expect(code).toBe(0)
    expect(stdout).toMatch(/fuse\.fb ro,noexec.*\n.*fuse\.fb rw,/)
    expect(existsSync(join(source, 'new'))).toBe(true)
  })

  it('remounts nothing where nothing is mounted', async () => {
    const { code, stderr } = await shellWithHelper('mount.fuse.fb "$S" "$M" -o remount,ro')
    expect(code).toBe(32)
    expect(stderr).toMatch(/^mount\.fuse\.fb: nothing is mounted at .*mnt\./)
  })

  it.each([
    ['-o frobnicate,ro', 1, /^mount\.fuse\.fb: -o: unknown mount option "frobnicate"\n$/],
    ['-o cache=some', 1, /^mount\.fuse\.fb: --cache: .*\n$/],
    ['-o uid=5', 1, /^mount\.fuse\.fb: -o: uid cannot be had: files keep their owners/],
    ['-o config=/nowhere', 32, /^mount\.fuse\.fb: \/nowhere: does not exist\n$/],
  ])('%s: says what is wrong, and mounts nothing', async (options, code, message) => {
    const ended = await shellWithHelper(`mount -t fuse.fb "$S" "$M" ${options}; echo $?; line`)
    expect(ended.stdout).toBe(`${code}\nnothing\n`)
    expect(ended.stderr).toMatch(message)
  })

  it('tells what the daemon says when it cannot serve', async () => {
    const { stdout, stderr } = await shellWithHelper('mount -t fuse.fb "$S/none" "$M"; echo $?; line')
    expect(stdout).toBe('32\nnothing\n')
    expect(stderr).toBe(`fusedev-daemon: ${source}/none does not exist\n`)
  })

  it('-s passes over what nobody knows, -f mounts nothing, -v tells what is done', async () => {
    const sloppy = await shellWithHelper('mount -s -t fuse.fb "$S" "$M" -o frobnicate,ro && line')
    expect(sloppy.stdout).toContain('fuse.fb ro,')
    expect(sloppy.stderr).toBe('mount.fuse.fb: unknown mount option "frobnicate" is passed over\n')
    const fake = await shellWithHelper('mount -fnv -t fuse.fb "$S" "$M" -o ro && line')
    expect(fake.stdout).toBe('nothing\n')
    expect(fake.stderr).toMatch(/^mount\.fuse\.fb: fusedev-daemon --background -o ro,suid,dev -- .*mnt\n$/)
  })

  it('says in a line what has no effect', async () => {
    const { code, stderr } = await shellWithHelper(
      'mount -t fuse.fb "$S" "$M" -o kernel_cache,max_write=4096,big_writes,direct_io',
    )
    expect(code).toBe(0)
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^mount\.fuse\.fb: -o kernel_cache has no effect: cache=always/),
      expect.stringMatching(/^mount\.fuse\.fb: -o max_write has no effect: /),
    ])
  })

  it('mounts a tree, which has no source', async () => {
    const config = join(base, 'tree.yaml')
    writeFileSync(config, `mounts:\n  - path: /x\n    source: ${JSON.stringify(source)}\n`)
    const { stdout, stderr } = await shellWithHelper(
      `mount -t fuse.fb none "$M" -o config="$BASE/tree.yaml" && cat "$M/x/hello.txt"`,
    )
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n', stderr: '' })
  })

  it('finds the program fb by way of mount.fuse3 where there is no helper of that type', async () => {
    rmSync(join(base, 'sbin/mount.fuse.fb'))
    symlinkSync(HELPER, join(base, 'sbin/fb'))
    const { code, stdout, stderr } = await shellWithHelper(
      `mount -t fuse.fb "$S" "$M" -o nofail && cat "$M/hello.txt" && mount -o remount,ro "$M" && line`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^hello\n.* fuse\.fb ro,/)
  })

  it('warns of what is hidden: a mount point that is not empty, a source over itself', async () => {
    writeFileSync(join(target, 'hidden'), '')
    const notEmpty = await shellWithHelper('mount -t fuse.fb "$S" "$M" && line')
    expect(notEmpty.stderr).toMatch(/the mount point is not empty/)
    const itself = await shellWithHelper('mount -t fuse.fb "$M" "$M" && ls "$M"')
    expect(itself.stderr).toMatch(/mounted over itself/)
    expect(itself.stdout).toBe('hidden\n')
    for (const from of ['S', 'M']) {
      const silent = await shellWithHelper(`mount -t fuse.fb "$${from}" "$M" -o nonempty && line`)
      expect(silent.stderr).toBe('')
      expect(silent.stdout).toContain('fuse.fb')
    }
  })

  it('an ordinary user mounts and unmounts what fstab lets users mount', async (context) => {
    const reason = ['su', 'fusermount3'].find((program) => !hasProgram(program))
    if (reason !== undefined) return context.skip(`${reason} is missing`)
    const line = `${source.replace(' ', '\\040')} ${target} fuse.fb user,noauto 0 0\n`
    writeFileSync(join(base, 'fstab'), line)
    const { code, stdout, stderr } = await shellWithHelper(
      `chmod 755 "$BASE" && chown nobody "$S" "$M"
       mknod -m 666 "$BASE/fuse" c 10 229 && mount --bind "$BASE/fuse" /dev/fuse
       mount --bind "$BASE/fstab" /etc/fstab
       su nobody -s /bin/bash -c 'mount "$M" && cat "$M/hello.txt" && umount "$M"' && line`,
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'hello\nnothing\n', stderr: '' })
  })

  it('is installed as the package says', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      bin: Record<string, string>
    }
    const root = fileURLToPath(new URL('..', import.meta.url))
    expect(join(root, manifest.bin['mount.fuse.fb'] ?? '')).toBe(HELPER)
    expect(manifest.bin['fb']).toBe(manifest.bin['mount.fuse.fb'])
  })
})

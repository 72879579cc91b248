import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  mkdiratAs,
  mknodatAs,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  openatAs,
  RENAME_WHITEOUT,
  renameat2As,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  symlinkatAs,
  umask,
} from '../src/index.js'
import { lacks, minus, temporaryDirectory, threadCredentials } from './support.js'

const directory = temporaryDirectory()
chmodSync(directory, 0o755)

interface Who {
  uid?: number
  gid?: number
  umask?: number
  keepCapabilities?: 0 | 1 | 2
  groups?: number[]
}

function creds({ uid = 1000, gid = 1001, umask = 0, keepCapabilities = 0, groups = [] }: Who = {}) {
  return Uint32Array.of(uid, gid, umask, keepCapabilities, groups.length, ...groups)
}

let fresh = 0
function folder(mode: number, uid = 0, gid = 0): string {
  const path = join(directory, `folder-${fresh++}`)
  mkdirSync(path)
  chownSync(path, uid, gid)
  chmodSync(path, mode)
  return path
}

function createAs(who: Uint32Array, path: string, mode = 0o666): number {
  const fd = openatAs(who, AT_FDCWD, path, O_CREAT | O_EXCL | O_WRONLY, mode)
  return fd < 0 ? fd : close(fd)
}

describe.skipIf(lacks('root'))('creation as somebody else', () => {
  const own = umask(0)
  umask(own)
  let before: string

  beforeEach(() => {
    umask(0)
    before = threadCredentials()
  })
  afterEach(() => {
    expect(threadCredentials()).toBe(before)
    umask(own)
  })

  test('the owner, the group and the mode are theirs', () => {
    const open = folder(0o777)
    expect(createAs(creds({ umask: 0o027 }), join(open, 'file'))).toBe(0)
    expect(mkdiratAs(creds({ umask: 0o022 }), AT_FDCWD, join(open, 'dir'), 0o777)).toBe(0)
    expect(mknodatAs(creds({ umask: 0o077 }), AT_FDCWD, join(open, 'fifo'), S_IFIFO | 0o666, 0, 0)).toBe(0)
    expect(mknodatAs(creds(), AT_FDCWD, join(open, 'node'), S_IFREG | 0o4755, 0, 0)).toBe(0)
    expect(symlinkatAs(creds(), 'target', AT_FDCWD, join(open, 'link'))).toBe(0)
    const modes = { file: 0o640, dir: 0o755, fifo: 0o600, node: 0o4755, link: 0o777 }
    for (const [name, mode] of Object.entries(modes)) {
      const found = lstatSync(join(open, name))
      expect([name, found.uid, found.gid, found.mode & 0o7777]).toEqual([name, 1000, 1001, mode])
    }
  })

  test('permissions count, unless the override is kept', () => {
    const closed = folder(0o700)
    expect(createAs(creds(), join(closed, 'no'))).toBe(minus('EACCES'))
    expect(mkdiratAs(creds(), AT_FDCWD, join(closed, 'no'), 0o777)).toBe(minus('EACCES'))
    expect(symlinkatAs(creds(), 'x', AT_FDCWD, join(closed, 'no'))).toBe(minus('EACCES'))
    expect(existsSync(join(closed, 'no'))).toBe(false)
    expect(createAs(creds({ keepCapabilities: 1 }), join(closed, 'yes'))).toBe(0)
    expect(lstatSync(join(closed, 'yes')).uid).toBe(1000)
  })

  test('supplementary groups count for the call only', () => {
    const shared = folder(0o770, 0, 4242)
    expect(createAs(creds({ groups: [9, 4242] }), join(shared, 'with'))).toBe(0)
    expect(lstatSync(join(shared, 'with')).gid).toBe(1001)
    expect(createAs(creds({ groups: [9] }), join(shared, 'without'))).toBe(minus('EACCES'))
    expect(createAs(creds(), join(shared, 'without'))).toBe(minus('EACCES'))
    const groups = Array.from({ length: 64 }, (_, i) => (i === 63 ? 4242 : 100 + i))
    expect(createAs(creds({ groups }), join(shared, 'most'))).toBe(0)
    expect(createAs(creds({ uid: 0, gid: 0, groups: [5] }), join(shared, 'root'))).toBe(0)
  })

  test('a set-group-id directory gives its group', () => {
    const shared = folder(0o2777, 0, 4242)
    expect(createAs(creds(), join(shared, 'file'), 0o2775)).toBe(0)
    expect(mkdiratAs(creds(), AT_FDCWD, join(shared, 'dir'), 0o755)).toBe(0)
    expect(lstatSync(join(shared, 'file')).gid).toBe(4242)
    // Not a member of the group, hence no set-group-id file.
    expect(lstatSync(join(shared, 'file')).mode & 0o7777).toBe(0o775)
    expect(lstatSync(join(shared, 'dir')).mode & 0o7777).toBe(0o2755)
    for (const keepCapabilities of [1, 2] as const) {
      const file = join(shared, `kept-${keepCapabilities}`)
      expect(createAs(creds({ keepCapabilities }), file, 0o2775)).toBe(0)
      expect(lstatSync(file).mode & 0o7777).toBe(keepCapabilities === 1 ? 0o775 : 0o2775)
    }
  })

  test('only root and whoever keeps the capability make devices, and root stays root', () => {
    const open = folder(0o777)
    expect(mknodatAs(creds(), AT_FDCWD, join(open, 'dev'), S_IFCHR | 0o600, 1, 3)).toBe(minus('EPERM'))
    const root = creds({ uid: 0, gid: 0, umask: 0o022 })
    expect(mknodatAs(root, AT_FDCWD, join(open, 'dev'), S_IFCHR | 0o666, 1, 3)).toBe(0)
    expect(lstatSync(join(open, 'dev')).rdev).toBe(0x103)
    const capable = creds({ keepCapabilities: 1 })
    expect(mknodatAs(capable, AT_FDCWD, join(open, 'kept'), S_IFCHR | 0o600, 1, 3)).toBe(0)
    expect(lstatSync(join(open, 'kept')).uid).toBe(1000)
    expect(lstatSync(join(open, 'dev')).mode & 0o777).toBe(0o644)
    expect(createAs(creds({ uid: 0, gid: 77 }), join(open, 'gid'))).toBe(0)
    expect([lstatSync(join(open, 'gid')).uid, lstatSync(join(open, 'gid')).gid]).toEqual([0, 77])
  })

  test('reading as somebody else is refused what they may not read', () => {
    expect(openatAs(creds(), AT_FDCWD, '/etc/shadow', O_RDONLY, 0)).toBe(minus('EACCES'))
    const fd = openatAs(creds({ keepCapabilities: 1 }), AT_FDCWD, '/etc/shadow', O_RDONLY, 0)
    expect(fd).toBeGreaterThanOrEqual(0)
    close(fd)
  })

  test('a whiteout is of whoever renames, also out of a sticky directory of others where that has been allowed', () => {
    const sticky = folder(0o1777)
    const [from, to] = [join(sticky, 'from'), join(sticky, 'to')]
    expect(createAs(creds({ uid: 7, gid: 8 }), from)).toBe(0)
    expect(renameat2As(creds(), AT_FDCWD, from, AT_FDCWD, to, RENAME_WHITEOUT)).toBe(minus('EPERM'))
    const allowed = creds({ keepCapabilities: 1 })
    expect(renameat2As(allowed, AT_FDCWD, from, AT_FDCWD, to, RENAME_WHITEOUT)).toBe(0)
    expect([lstatSync(from).rdev, lstatSync(from).uid, lstatSync(to).uid]).toEqual([0, 1000, 7])
  })

  test('credentials are checked', () => {
    const open = folder(0o777)
    const path = join(open, 'never')
    for (const wrong of [
      [],
      [1, 1, 0, 0],
      [0xffff_ffff, 1, 0, 0, 0],
      [1, 0xffff_ffff, 0, 0, 0],
      [1, 1, 0o1000, 0, 0],
      [1, 1, 0, 3, 0],
      [1, 1, 0, 0, 1],
      [1, 1, 0, 0, 65, ...Array.from({ length: 65 }, () => 5)],
      [1, 1, 0, 0, 1, 0xffff_ffff],
    ]) {
      expect(() => createAs(Uint32Array.from(wrong), path)).toThrow(RangeError)
    }
    expect(() => createAs([1, 1, 0, 0, 0] as unknown as Uint32Array, path)).toThrow(TypeError)
    expect(() => createAs(new Int32Array(5) as unknown as Uint32Array, path)).toThrow(TypeError)
    expect(existsSync(path)).toBe(false)
  })

  test('who is not root cannot become anybody, but may be themselves', () => {
    const open = folder(0o777)
    const script = `
      import { createRequire } from 'node:module'
      const native = createRequire(${JSON.stringify(import.meta.url)})('node-gyp-build')(process.argv[1])
      process.setgroups([]); process.setgid(1001); process.setuid(1000)
      const creds = (uid, gid, ...groups) => Uint32Array.of(uid, gid, 0, 0, groups.length, ...groups)
      const make = (who, name) => native.mkdiratAs(who, -100, process.argv[2] + '/' + name, 0o755)
      console.log(JSON.stringify([make(creds(1000, 1001), 'self'), make(creds(1002, 1001), 'uid'),
        make(creds(1000, 1002), 'gid'), make(creds(1000, 1001, 5), 'group'), make(creds(0, 0), 'root')]))`
    const root = new URL('..', import.meta.url).pathname
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, root, open], {
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    const EPERM = minus('EPERM')
    expect(JSON.parse(child.stdout)).toEqual([0, EPERM, EPERM, EPERM, EPERM])
    expect(lstatSync(join(open, 'self')).uid).toBe(1000)
  })
})

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  MNT_DETACH,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  mount,
  mountAsync,
  mountInNamespace,
  O_RDONLY,
  openat,
  umount2,
  umount2Async,
  umountInNamespace,
} from '../src/index.js'
import { lacks, minus, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()

function mounted(path: string, process = 'self'): string | undefined {
  return readFileSync(`/proc/${process}/mountinfo`, 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[4] === path)
}

describe.skipIf(lacks('mount'))('mounts', () => {
  test('a file system is mounted, remounted and unmounted', async () => {
    const target = join(directory, 'here')
    mkdirSync(target)
    expect(mount('source', target, 'tmpfs', MS_NOSUID | MS_NODEV, 'size=1m,mode=0700')).toBe(0)
    try {
      expect(mounted(target)).toMatch(/nosuid.* - tmpfs source .*size=1024k,mode=700/)
      writeFileSync(join(target, 'file'), 'x')
      expect(mount('', target, '', MS_REMOUNT | MS_RDONLY, '')).toBe(0)
      expect(() => writeFileSync(join(target, 'file'), 'y')).toThrow(/EROFS/)
    } finally {
      expect(umount2(target, MNT_DETACH)).toBe(0)
    }
    expect(mounted(target)).toBeUndefined()
    expect(umount2(target, 0)).toBe(minus('EINVAL'))
    expect(mount('none', target, 'no-such-fs', 0, '')).toBe(minus('ENODEV'))
    expect(await mountAsync('none', target, 'tmpfs', 0, '')).toBe(0)
    expect(await umount2Async(target, 0)).toBe(0)
    expect(await umount2Async(target, 0)).toBe(minus('EINVAL'))
  })

  test('a mount in another namespace is not seen here', async () => {
    const target = join(directory, 'there')
    mkdirSync(target)
    const child = spawn('unshare', [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      'echo ready; read line',
    ])
    try {
      await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
      const pid = String(child.pid)
      const ns = openat(AT_FDCWD, `/proc/${pid}/ns/mnt`, O_RDONLY, 0)
      expect(mountInNamespace(ns, 'there', target, 'tmpfs', 0, '')).toBe(0)
      expect(mounted(target, pid)).toMatch(/ - tmpfs there /)
      expect(mounted(target)).toBeUndefined()
      expect(mountInNamespace(ns, 'x', join(directory, 'missing'), 'tmpfs', 0, '')).toBe(minus('ENOENT'))
      expect(umountInNamespace(ns, target, 0)).toBe(0)
      expect(mounted(target, pid)).toBeUndefined()
      expect(umountInNamespace(ns, target, 0)).toBe(minus('EINVAL'))
      close(ns)
    } finally {
      child.stdin.end('\n')
      await new Promise((resolve) => child.once('exit', resolve))
    }
    const file = openat(AT_FDCWD, '/dev/null', O_RDONLY, 0)
    expect(mountInNamespace(file, 'x', target, 'tmpfs', 0, '')).toBe(minus('EINVAL'))
    close(file)
    expect(existsSync(target)).toBe(true)
  })
})

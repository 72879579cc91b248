import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  AT_FDCWD,
  close,
  MNT_DETACH,
  mapGuestRegion,
  mount,
  O_RDWR,
  openat,
  openatAsync,
  umount2,
} from '../src/index.js'
import { lacks, minus, TestWorker, temporaryDirectory } from './support.js'

describe.skipIf(lacks('mount'))('memory of a guest', () => {
  test('is refused from a file system that somebody serves', async () => {
    const target = join(temporaryDirectory(), 'served')
    writeFileSync(target, '')
    const fuse = openat(AT_FDCWD, '/dev/fuse', O_RDWR, 0)
    const options = `fd=${fuse},rootmode=100600,user_id=0,group_id=0`
    expect(mount('fb-sys-test', target, 'fuse', 0, options)).toBe(0)
    const server = new TestWorker('fuse-file', { fuse })
    try {
      const fd = await openatAsync(AT_FDCWD, target, O_RDWR, 0)
      expect(fd).toBeGreaterThanOrEqual(0)
      expect(mapGuestRegion(fd, 4096, 0)).toBe(minus('EOPNOTSUPP'))
      close(fd)
    } finally {
      umount2(target, MNT_DETACH)
      await server.exited
      close(fuse)
    }
  })
})

import { expect, it } from 'vitest'
import { mountType } from './mounts.mjs'

const list = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /mnt/a\\040b rw,nosuid - fuse.fb files rw,user_id=0
41 22 0:36 / /mnt/twice rw - tmpfs tmpfs rw
42 41 0:37 / /mnt/twice rw shared:7 master:1 - fuse fb rw
`

it.each([
  ['/', 'ext4'],
  ['/mnt/a b', 'fuse.fb'],
  ['/mnt/twice', 'fuse'],
  ['/mnt', undefined],
])('what is mounted on %s is %s', (directory, type) => {
  expect(mountType(directory, list)).toBe(type)
})

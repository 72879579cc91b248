import { describe, expect, test } from 'vitest'
import { deviceError, fusermountError, fusermountMissing, mountError, unmountError } from './explain.js'
import { MountError } from './mount-error.js'

const ENOENT = -2

describe('errors name the reason and the remedy', () => {
  test('no device', () => {
    const error = deviceError(ENOENT, '/mnt')
    expect(error).toBeInstanceOf(MountError)
    expect(error).toMatchObject({ code: 'ENOENT', mountpoint: '/mnt' })
    expect(error.message).toMatch(/\/dev\/fuse does not exist.*modprobe fuse.*--device \/dev\/fuse/)
  })

  test.each([
    ['EPERM', /not permitted.*fusermount3/],
    ['ENOENT', /\/mnt does not exist.*mkdir/],
    ['ENOTDIR', /directory.*same kind/],
    ['ENOTCONN', /server has died.*fusermount3 -u \/mnt/],
    ['EBUSY', /in use/],
    ['ENODEV', /no FUSE.*modprobe/],
    ['EINVAL', /options.*dmesg/],
    ['EIO', /EIO/],
  ])('mount: %s', (code, message) => {
    const error = mountError(code, '/mnt')
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.remedy).not.toBe('')
  })

  test.each([
    ["option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf", 'EPERM', /fuse\.conf/],
    ['user has no write access to mountpoint /mnt', 'EACCES', /owns/],
    ["unknown option 'nosymfollow'", 'EINVAL', /as root/],
    ['fuse device not found, try modprobe fuse first', 'ENODEV', /modprobe/],
    ['failed to open /dev/fuse: Permission denied', 'EACCES', /0666/],
    ['mount failed: Operation not permitted', 'EPERM', /set-user-id/],
    ['bad mount point /mnt: Transport endpoint is not connected', 'ENOTCONN', /fusermount3 -u/],
    ['something else', 'EFUSERMOUNT', /fusermount3/],
    ['', 'EFUSERMOUNT', /fusermount3/],
  ])('fusermount3: %s', (said, code, remedy) => {
    const error = fusermountError('/mnt', `fusermount3: ${said}\n`, 'exit code 1')
    expect(error.code).toBe(code)
    expect(error.remedy).toMatch(remedy)
    expect(error.message).toContain(said)
  })

  test('fusermount3 is missing', () => {
    expect(fusermountMissing('fusermount3', '/mnt')).toMatchObject({
      code: 'ENOFUSERMOUNT',
      message: expect.stringMatching(/not installed.*package fuse3/),
    })
  })

  test('unmounting what is in use', () => {
    expect(unmountError('EBUSY', '/mnt').message).toMatch(/in use.*lazy/)
    expect(unmountError('EACCES', '/mnt').message).toMatch(/could not be unmounted: EACCES/)
  })
})

import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Errno } from './errno.js'
import { errnoMessage } from './errno-message.js'

describe('Errno', () => {
  it('has the numbers of this machine', () => {
    for (const [name, errno] of Object.entries(constants.errno)) {
      expect(Errno.named(name)?.errno, name).toBe(errno)
    }
  })

  it('is one object per number', () => {
    expect(Errno.of(2)).toBe(Errno.ENOENT)
    expect(Errno.of(-2)).toBe(Errno.ENOENT)
    expect(Errno.named('ENOENT')).toBe(Errno.ENOENT)
    expect(Errno.named('EWOULDBLOCK')).toBe(Errno.EAGAIN)
    expect(Errno.named('ENOTSUP')).toBe(Errno.EOPNOTSUPP)
    expect(Errno.named('ENOSUCH')).toBeUndefined()
    expect(Errno.of(4095)).toMatchObject({ errno: 4095, code: 'E4095' })
    expect(String(Errno.ENOENT)).toBe('ENOENT (2)')
  })

  it('is EIO for what no reply may carry', () => {
    for (const number of [0, 4096, -4096, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(Errno.of(number)).toBe(Errno.EIO)
    }
  })

  it('is found in what is thrown', () => {
    expect(Errno.from(Errno.EPERM)).toBe(Errno.EPERM)
    expect(Errno.from(Object.assign(new Error('x'), { code: 'EACCES' }))).toBe(Errno.EACCES)
    expect(Errno.from({ errno: -13 })).toBe(Errno.EACCES)
    expect(Errno.from({ errno: 13, code: 'ERR_ODD' })).toBe(Errno.EACCES)
    for (const other of [
      undefined,
      null,
      5,
      'ENOENT',
      {},
      new Error('x'),
      { code: 'ERR_ODD' },
      { errno: 1.5 },
    ]) {
      expect(Errno.from(other)).toBeUndefined()
    }
  })
})

describe('errnoMessage', () => {
  it('has words for every number that Linux names', () => {
    for (const [errno] of getSystemErrorMap()) {
      if (errno >= -133) expect(errnoMessage(-errno)).not.toMatch(/Unknown/)
    }
    expect(errnoMessage(2)).toBe('No such file or directory')
    expect(errnoMessage(4000)).toBe('Unknown error 4000')
  })
})

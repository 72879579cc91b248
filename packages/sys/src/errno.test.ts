import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { check, errnoName, errnoNumber, SysError } from './errno.js'

test('names and numbers agree with those that Node knows', () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    expect([name, errnoNumber(name)]).toEqual([name, number])
    if (name !== 'EWOULDBLOCK' && name !== 'ENOTSUP') expect(errnoName(number)).toBe(name)
  }
  expect(errnoName(-2)).toBe('ENOENT')
  expect(errnoName(11)).toBe('EAGAIN')
  expect(errnoName(35)).toBe('EDEADLK')
  expect(errnoName(3000)).toBe('E3000')
  expect(errnoNumber('EWOULDBLOCK')).toBe(11)
  expect(errnoNumber('ENOTSUP')).toBe(95)
  expect(errnoName(95)).toBe('EOPNOTSUPP')
  expect(errnoNumber('EHWPOISON')).toBe(133)
  expect(errnoNumber('ENONSENSE')).toBeUndefined()
  expect(errnoNumber('constructor')).toBeUndefined()
})

test('check passes results on and throws errors in the shape of Node', () => {
  expect(check(0, 'close')).toBe(0)
  expect(check(7, 'openat')).toBe(7)
  const error = (() => {
    try {
      return check(-2, 'openat')
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(SysError)
  expect(error).toMatchObject({
    name: 'SysError',
    code: 'ENOENT',
    errno: -2,
    syscall: 'openat',
    message: 'ENOENT: no such file or directory, openat',
  })
  expect(new SysError(4000, 'x')).toMatchObject({ code: 'E4000', errno: -4000, message: 'E4000: x' })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeOption, splitOptions } from './escape.js'
import { MountOptionError } from './mount-option-error.js'

test('splits at commas and leaves out empty items', () => {
  expect(splitOptions('ro,,fsname=x,')).toEqual(['ro', 'fsname=x'])
  expect(splitOptions('')).toEqual([])
})

test('resolves escapes as libfuse does', () => {
  expect(splitOptions('fsname=a\\,b,ro')).toEqual(['fsname=a,b', 'ro'])
  expect(splitOptions('fsname=a\\\\,ro')).toEqual(['fsname=a\\', 'ro'])
  expect(splitOptions('fsname=\\x')).toEqual(['fsname=x'])
  expect(splitOptions('fsname=a\\054b')).toEqual(['fsname=a,b'])
  expect(splitOptions('fsname=\\303\\251')).toEqual(['fsname=\u00e9'])
  expect(splitOptions('fsname=\\400')).toEqual(['fsname=400'])
  expect(splitOptions('fsname=a\\')).toEqual(['fsname=a\\'])
})

test('refuses bytes that are no text', () => {
  expect(() => splitOptions('fsname=\\377')).toThrow(MountOptionError)
})

test('an escaped list splits into what it was made of', () => {
  const item = fc.string({ minLength: 1, unit: 'binary' })
  fc.assert(
    fc.property(fc.array(item), (items) => {
      expect(splitOptions(items.map(escapeOption).join(','))).toEqual(items)
    }),
  )
})

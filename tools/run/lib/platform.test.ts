import { expect, it } from 'vitest'
import { isOlder } from './platform.mjs'

it.each([
  ['18.20.4', '20.19', true],
  ['20.9.0', '20.19', true],
  ['20.19.0', '20.19', false],
  ['20.20.2', '20.19', false],
  ['22.0.0', '20.19', false],
])('%s is older than %s: %s', (version, needed, older) => {
  expect(isOlder(version, needed)).toBe(older)
})

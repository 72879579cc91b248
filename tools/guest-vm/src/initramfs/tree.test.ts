import { expect, test } from 'vitest'
import { Tree } from './tree.js'

test('parents come before their content, once', () => {
  const tree = new Tree()
  tree.file('/x/y/one', '1')
  tree.file('/x/y/two', '2')
  expect([...tree.entries()].map((entry) => entry.path)).toEqual(['x', 'x/y', 'x/y/one', 'x/y/two'])
})

test('a path is the same however it is written', () => {
  const tree = new Tree()
  tree.file('/x//y/../z', '')
  expect(tree.has('/x/z')).toBe(true)
  expect(tree.has('/x/y')).toBe(false)
})

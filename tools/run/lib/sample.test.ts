import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Sample } from './sample.mjs'

it('has files to serve, and leaves nothing behind', () => {
  const sample = new Sample()
  expect(readdirSync(sample.source).sort()).toEqual(['README.txt', 'hello.txt', 'notes'])
  expect(readdirSync(sample.mountpoint)).toEqual([])
  writeFileSync(join(sample.source, 'more'), '')
  expect(sample.remove()).toBe(true)
  expect(existsSync(sample.base)).toBe(false)
})

it('does not remove what is in the mount point', () => {
  const sample = new Sample()
  const stray = join(sample.mountpoint, 'stray')
  writeFileSync(stray, '')
  expect(() => sample.remove()).toThrow('ENOTEMPTY')
  expect(existsSync(stray)).toBe(true)
  rmSync(stray)
  expect(sample.remove()).toBe(true)
})

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { cached } from './cache.mjs'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fb-cache-'))
  vi.stubEnv('XDG_CACHE_HOME', base)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true })
})

it('fills a directory once', async () => {
  const fill = vi.fn(async (directory: string) => writeFileSync(join(directory, 'file'), ''))
  const path = await cached('a/b', fill)
  expect(path).toBe(join(base, 'fb/a/b'))
  expect(await cached('a/b', fill)).toBe(path)
  expect(fill).toHaveBeenCalledTimes(1)
  expect(readdirSync(path)).toEqual(['file'])
})

it('leaves nothing of one that could not be filled', async () => {
  const fill = async (directory: string) => {
    writeFileSync(join(directory, 'half'), '')
    throw new Error('broken')
  }
  await expect(cached('a/b', fill)).rejects.toThrow('broken')
  expect(readdirSync(join(base, 'fb/a'))).toEqual([])
})

it('takes what somebody else filled meanwhile', async () => {
  const other = async (directory: string) => writeFileSync(join(directory, 'other'), '')
  const slow = async (directory: string) => {
    await cached('a/b', other)
    writeFileSync(join(directory, 'mine'), '')
  }
  expect(readdirSync(await cached('a/b', slow))).toEqual(['other'])
  expect(existsSync(join(base, 'fb/a/b'))).toBe(true)
})

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { native } from '../src/bindings.js'
import * as api from '../src/index.js'
import { temporaryDirectory } from './support.js'

interface Report {
  functions: string[]
  calls: number
  problems: string[]
}

const addon = native as unknown as Record<string, unknown>
const functions = Object.keys(addon).filter((name) => typeof addon[name] === 'function')

test('no wrong argument of any function is accepted, and none crashes', () => {
  const script = fileURLToPath(new URL('battery.mjs', import.meta.url))
  const root = fileURLToPath(new URL('..', import.meta.url))
  const child = spawnSync(process.execPath, [script, root], { encoding: 'utf8', cwd: temporaryDirectory() })
  // What ran last, should it not have lived to report.
  const last = child.stderr.trim().split('\n').at(-1)
  expect({ status: child.status, signal: child.signal, last }).toMatchObject({ status: 0, signal: null })
  const report = JSON.parse(child.stdout) as Report
  expect(report.problems).toEqual([])
  expect([...report.functions].sort()).toEqual([...functions].sort())
  expect(report.calls).toBeGreaterThan(10_000)
}, 60_000)

test('every function of the addon is exported by its name, or wrapped by watchFd', () => {
  const wrapped = ['watchFd', 'unwatch', 'refWatch', 'unrefWatch']
  for (const name of functions) {
    if (wrapped.includes(name)) continue
    expect([name, (api as Record<string, unknown>)[name]]).toEqual([name, addon[name]])
  }
  for (const [name, value] of Object.entries(native.constants)) {
    expect([name, (api as Record<string, unknown>)[name]]).toEqual([name, value])
  }
})

test('errors say which argument is wrong and what it must be', () => {
  expect(() => api.close(-1)).toThrow('fd must be a whole number from 0 to 2147483647')
  expect(() => api.pread(1, new Uint8Array(1), 1, 1, 0)).toThrow('offset + length must be within the buffer')
  expect(() => api.openat(api.AT_FDCWD, 'a\0', 0, 0)).toThrow('path must be without NUL bytes')
  expect(() => api.openat(-1, 'a', 0, 0)).toThrow('dirfd must be a descriptor or AT_FDCWD')
  expect(() => api.close('1' as unknown as number)).toThrow('fd must be a number')
})

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadAddon } from '../src/load.js'
import { temporaryDirectory } from './support.js'

const root = fileURLToPath(new URL('..', import.meta.url))

test('without a binary there is one error that tells what to do', () => {
  const empty = temporaryDirectory()
  expect(() => loadAddon(empty)).toThrow(/^@fb\/sys has no native addon that works on linux-/)
  expect(() => loadAddon(empty)).toThrow(`Node ${process.versions.node}`)
  expect(() => loadAddon(empty)).toThrow('(present: none)')
  expect(() => loadAddon(empty)).toThrow(`node ${join(empty, 'scripts', 'build-addon.mjs')} --force`)
})

test('a binary that cannot be loaded is named, with the reason', () => {
  const broken = temporaryDirectory()
  const file = join('linux-x64+arm64', 'broken.node')
  mkdirSync(join(broken, 'prebuilds', 'linux-x64+arm64'), { recursive: true })
  writeFileSync(join(broken, 'prebuilds', file), 'not a library')
  expect(() => loadAddon(broken)).toThrow(/Reason: .*broken\.node/)
  expect(() => loadAddon(broken)).toThrow(`(present: ${file})`)
})

test('the built package works from wherever it lies', () => {
  const copy = join(temporaryDirectory(), 'node_modules', '@fb', 'sys')
  mkdirSync(copy, { recursive: true })
  for (const part of ['dist', 'prebuilds']) cpSync(join(root, part), join(copy, part), { recursive: true })
  copyFileSync(join(root, 'package.json'), join(copy, 'package.json'))
  const loader = join(root, 'node_modules', 'node-gyp-build')
  cpSync(loader, join(copy, 'node_modules', 'node-gyp-build'), { recursive: true, dereference: true })
  const code = "import { gettid } from '@fb/sys'; console.log(gettid() === process.pid)"
  const cwd = join(copy, '..', '..', '..')
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd, encoding: 'utf8' })
  expect(child).toMatchObject({ status: 0, stdout: 'true\n', stderr: '' })
})

test('the package has no install script, declared or implied', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    gypfile: boolean
    scripts: Record<string, string>
    files: string[]
  }
  expect(manifest.gypfile).toBe(false)
  expect(Object.keys(manifest.scripts).filter((name) => /install|prepare/.test(name))).toEqual([])
  // A package manager takes binding.gyp at the root for an install script.
  expect(manifest.files).not.toContain('binding.gyp')
})

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingForMount, run } from '@fb/testbed'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from './daemon.js'

const missing = missingForMount(['fusermount3'])
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** Replaces a file every 2 ms. */
const WRITER = `
const fs = require('node:fs')
const [path] = process.argv.slice(1)
for (let count = 0; ; count += 1) {
  fs.writeFileSync(path + '.new', String(count))
  fs.renameSync(path + '.new', path)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
}`

/** Opens, reads and looks at a file, over and over; says what went wrong. */
const READER = `
const fs = require('node:fs')
const [path, rounds] = process.argv.slice(1)
for (let round = 0; round < Number(rounds); round += 1) {
  try {
    const fd = fs.openSync(path, 'r')
    const text = fs.readFileSync(fd, 'utf8')
    fs.fstatSync(fd)
    fs.closeSync(fd)
    if (!/^[0-9]+$/.test(text)) throw new Error('read ' + JSON.stringify(text))
    fs.statSync(path)
  } catch (error) {
    console.log(error.message)
  }
}`

describe.skipIf(missing !== undefined)('a file that is replaced on the host', { timeout: 120_000 }, () => {
  let base: string
  let mountpoint: string
  let daemon: Daemon | undefined

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-replaced-'))
    mountpoint = join(base, 'mnt')
    for (const name of ['source', 'mnt']) mkdirSync(join(base, name))
    writeFileSync(join(base, 'source/st'), '0')
  })
  afterEach(async () => {
    await daemon?.dispose()
    rmSync(base, { recursive: true, force: true })
  })

  it.each([
    ['one directory', () => ['--cache', 'never', join(base, 'source')]],
    ['one thread', () => ['--cache', 'never', '--workers', '1', join(base, 'source')]],
    ['cached names', () => [join(base, 'source')]],
    ['a tree', () => ['--cache', 'never', '--mount', `/=${join(base, 'source')}`]],
  ] as const)('is there for whoever uses it: %s', async (_name, args) => {
    daemon = await new Daemon([...args(), mountpoint], mountpoint).ready()
    const writer = spawn(process.execPath, ['-e', WRITER, join(base, 'source/st')], { stdio: 'ignore' })
    try {
      const read = () => run(process.execPath, ['-e', READER, join(mountpoint, 'st'), '3000'])
      expect(await Promise.all([read(), read()])).toEqual(['', ''])
    } finally {
      writer.kill('SIGKILL')
    }
  })
})

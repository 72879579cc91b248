import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveBusybox } from '../assets/busybox.js'
import { guestUnavailable } from '../prefetch.js'
import { encodeCpio } from './cpio.js'
import { Tree } from './tree.js'

const reason = await guestUnavailable()
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fb-cpio-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

test('another implementation of cpio unpacks what was encoded', async (context) => {
  if (reason !== undefined) context.skip(reason)
  const tree = new Tree()
  tree.file('/a/b/program', 'text', 0o755)
  tree.file('/a/odd', Uint8Array.of(1, 2, 3))
  tree.file('/empty', '')
  tree.link('/link', 'a/odd')
  const archive = Buffer.concat(encodeCpio(tree.entries()))
  execFileSync(await resolveBusybox(), ['cpio', '-i'], { cwd: directory, input: archive, stdio: 'pipe' })
  expect(readFileSync(join(directory, 'a/b/program'), 'utf8')).toBe('text')
  expect(statSync(join(directory, 'a/b/program')).mode & 0o777).toBe(0o755)
  expect([...readFileSync(join(directory, 'a/odd'))]).toEqual([1, 2, 3])
  expect(statSync(join(directory, 'empty')).size).toBe(0)
  expect(readlinkSync(join(directory, 'link'))).toBe('a/odd')
})

test('every header starts at a multiple of four', () => {
  for (const name of ['a', 'ab', 'abc', 'abcd']) {
    const chunks = encodeCpio([{ path: name, mode: 0o100644, data: new Uint8Array(name.length) }])
    const bytes = Buffer.concat(chunks)
    expect(bytes.lastIndexOf('070701') % 4).toBe(0)
  }
})

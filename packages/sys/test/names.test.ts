import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  close,
  linkat,
  mkdirat,
  mknodat,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  openat,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  readlinkat,
  renameat2,
  S_IFIFO,
  S_IFREG,
  symlinkat,
  unlinkat,
} from '../src/index.js'
import { minus, temporaryDirectory } from './support.js'

const directory = temporaryDirectory()
const dirfd = openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY, 0)
const at = (name: string) => join(directory, name)

test('directories and nodes are made with their modes', () => {
  expect(mkdirat(dirfd, 'made', 0o750)).toBe(0)
  expect(lstatSync(at('made')).mode & 0o7777).toBe(0o750)
  expect(mkdirat(dirfd, 'made', 0o750)).toBe(minus('EEXIST'))
  expect(mknodat(dirfd, 'fifo', S_IFIFO | 0o600, 0, 0)).toBe(0)
  expect(lstatSync(at('fifo')).isFIFO()).toBe(true)
  expect(mknodat(dirfd, 'regular', S_IFREG | 0o640, 0, 0)).toBe(0)
  expect(lstatSync(at('regular')).isFile()).toBe(true)
})

test('symbolic links say what they were given, as bytes', () => {
  const target = Buffer.from([0x2f, 0xff, 0x61])
  expect(symlinkat(target, dirfd, 'link')).toBe(0)
  const out = new Uint8Array(16)
  expect(readlinkat(dirfd, 'link', out)).toBe(3)
  expect(Buffer.from(out.subarray(0, 3)).equals(target)).toBe(true)
  expect(readlinkat(dirfd, 'link', out.subarray(0, 2))).toBe(2)
  expect(readlinkat(dirfd, 'link', out.subarray(0, 0))).toBe(minus('EINVAL'))
  expect(readlinkat(dirfd, 'made', out)).toBe(minus('EINVAL'))
  const link = openat(dirfd, 'link', O_PATH | O_NOFOLLOW, 0)
  expect(readlinkat(link, '', out)).toBe(3)
  close(link)
  expect(symlinkat('x'.repeat(4095), dirfd, 'long')).toBe(0)
  expect(readlinkSync(at('long')).length).toBe(4095)
})

test('links add names, also to a descriptor without one', () => {
  writeFileSync(at('one'), 'content')
  expect(linkat(dirfd, 'one', dirfd, 'two', 0)).toBe(0)
  expect(statSync(at('two')).ino).toBe(statSync(at('one')).ino)
  expect(linkat(dirfd, 'one', dirfd, 'two', 0)).toBe(minus('EEXIST'))
  const fd = openat(dirfd, 'one', O_PATH, 0)
  expect(linkat(fd, '', dirfd, 'three', AT_EMPTY_PATH)).toBe(0)
  expect(statSync(at('three')).nlink).toBe(3)
  close(fd)
})

test('names are renamed, kept and exchanged', () => {
  writeFileSync(at('left'), 'left')
  writeFileSync(at('right'), 'right')
  expect(renameat2(dirfd, 'left', dirfd, 'right', RENAME_NOREPLACE)).toBe(minus('EEXIST'))
  expect(renameat2(dirfd, 'left', dirfd, 'right', RENAME_EXCHANGE)).toBe(0)
  expect(readFileSync(at('left'), 'utf8')).toBe('right')
  expect(renameat2(dirfd, 'left', dirfd, 'right', 0)).toBe(0)
  expect(existsSync(at('left'))).toBe(false)
  expect(renameat2(dirfd, 'missing', dirfd, 'x', 0)).toBe(minus('ENOENT'))
})

test('names are removed', () => {
  mkdirSync(at('empty'))
  expect(unlinkat(dirfd, 'empty', 0)).toBe(minus('EISDIR'))
  expect(unlinkat(dirfd, 'empty', AT_REMOVEDIR)).toBe(0)
  writeFileSync(at('plain'), '')
  expect(unlinkat(dirfd, 'plain', 0)).toBe(0)
  expect(unlinkat(dirfd, 'plain', 0)).toBe(minus('ENOENT'))
})

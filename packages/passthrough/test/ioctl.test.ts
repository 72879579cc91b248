import { mkdirSync, writeFileSync } from 'node:fs'
import type { Context, IoctlReply, Outcome } from '@fb/api'
import {
  FICLONE,
  FITRIM,
  FS_IOC_FSGETXATTR,
  FS_IOC_FSSETXATTR,
  FS_IOC_GETFLAGS,
  FS_IOC_GETVERSION,
  FS_IOC_SETFLAGS,
} from '@fb/sys'
import { describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { PLACES, type Tree, useTree } from './support/tree.js'

const ROOT = 1
const NODUMP = 0x40
const IMMUTABLE = 0x10

function ask(tree: Tree, node: number, fh: number, command: number, outputSize: number): Outcome<IoctlReply> {
  return tree.fs.ioctl(
    node,
    fh,
    { command, arg: 0n, flags: 0, input: new Uint8Array(0), outputSize },
    caller(),
  )
}

function tell(
  tree: Tree,
  node: number,
  fh: number,
  command: number,
  input: Uint8Array,
  ctx: Context = caller(),
): Outcome<IoctlReply> {
  return tree.fs.ioctl(node, fh, { command, arg: 0n, flags: 0, input, outputSize: 0 }, ctx)
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer)
}

function output(reply: Outcome<IoctlReply>): Uint8Array {
  const value = ok(reply)
  if (!('output' in value) || value.output === undefined) throw new Error('no output')
  return value.output
}

describe.each(PLACES)('ioctl ($kind)', ({ base }) => {
  const use = useTree(base)

  it('reads and sets the flags of files and directories', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    mkdirSync(tree.at('dir'))
    const node = tree.node('file')
    const dir = tree.node('dir')
    const fh = ok(tree.fs.open(node, 0, false, ROOT_CALLER)).fh
    const dirFh = ok(tree.fs.opendir(dir)).fh
    for (const [of, handle] of [
      [node, fh],
      [dir, dirFh],
    ] as const) {
      const before = new DataView(output(ask(tree, of, handle, FS_IOC_GETFLAGS, 4)).slice().buffer).getInt32(
        0,
        true,
      )
      ok(tell(tree, of, handle, FS_IOC_SETFLAGS, word(before | NODUMP)))
      expect(output(ask(tree, of, handle, FS_IOC_GETFLAGS, 8))).toEqual(word(before | NODUMP))
      expect(output(ask(tree, of, handle, FS_IOC_FSGETXATTR, 28))).toHaveLength(28)
    }
    expect(code(ask(tree, node, fh, FS_IOC_GETFLAGS, 2))).toBe('EINVAL')
    expect(code(tell(tree, node, fh, FS_IOC_SETFLAGS, new Uint8Array(2)))).toBe('EINVAL')
    expect(code(ask(tree, ROOT, fh, FS_IOC_GETFLAGS, 4))).toBe('EBADF')
  })

  it('lets owners change what is theirs to change, and nobody else', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    ok(tree.fs.setattr(node, { uid: 1234, gid: 1234 }, undefined, ROOT_CALLER))
    const fh = ok(tree.fs.open(node, 0, false, ROOT_CALLER)).fh
    const before = new DataView(output(ask(tree, node, fh, FS_IOC_GETFLAGS, 4)).slice().buffer).getInt32(
      0,
      true,
    )
    const set = (flags: number, uid: number) =>
      code(tell(tree, node, fh, FS_IOC_SETFLAGS, word(flags), caller({ uid })))
    expect(set(before | NODUMP, 4321)).toBe('EPERM')
    expect(set(before | IMMUTABLE, 1234)).toBe('EPERM')
    expect(set(before | NODUMP, 1234)).toBeUndefined()
    const extended = output(ask(tree, node, fh, FS_IOC_FSGETXATTR, 28))
    expect(code(tell(tree, node, fh, FS_IOC_FSSETXATTR, extended, caller({ uid: 1234 })))).toBe('EPERM')
  })

  it('refuses what it does not know with ENOTTY, whatever it carries', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    const fh = ok(tree.fs.open(node, 2, false, ROOT_CALLER)).fh
    for (const command of [FICLONE, FITRIM, 0x5401, 0, 0xffff_ffff]) {
      expect(code(ask(tree, node, fh, command, 4096))).toBe('ENOTTY')
      expect(code(tell(tree, node, fh, command, new Uint8Array(4096)))).toBe('ENOTTY')
    }
    expect([undefined, 'ENOTTY']).toContain(code(ask(tree, node, fh, FS_IOC_GETVERSION, 8)))
  })
})

import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { FUSE_ROOT_ID } from '@fb/abi'
import type { Context } from '@fb/api'
import { describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { code, ok } from './support/outcome.js'
import { bytes, SETTINGS, useTree } from './support/tree.js'

const O_RDWR = 2

describe.each(SETTINGS)('set-id bits ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('clears set-id bits where a change of owner names nobody, if the owner makes it', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '')
    const node = tree.node('file')
    const stranger = caller({ uid: 7, gid: 8 })
    chmodSync(tree.at('file'), 0o644)
    expect(ok(tree.fs.setattr(node, {}, undefined, stranger)).attr.mode).toBe(0o100644)
    for (const [mode, left] of [
      [0o6755, 0o755],
      [0o2745, 0o2745],
      [0o4644, 0o644],
    ] as const) {
      chownSync(tree.at('file'), 5, 6)
      chmodSync(tree.at('file'), mode)
      expect(ok(tree.fs.setattr(node, {}, undefined, stranger)).attr.mode).toBe(0o100000 | mode)
      const owner = caller({ uid: 5, gid: 6 })
      expect(ok(tree.fs.setattr(node, {}, undefined, owner)).attr.mode).toBe(0o100000 | left)
    }
  })

  it('takes set-group-id for a group that this process is in and the caller is not', () => {
    const { tree } = use
    const gid = process.getgid?.() ?? 0
    writeFileSync(tree.at('file'), '1234567890')
    chownSync(tree.at('file'), 5, gid)
    chmodSync(tree.at('file'), 0o6766)
    const changes = { size: 3, killSuidgid: true }
    const stranger = caller({ uid: 7, gid: 8 })
    const { attr } = ok(tree.fs.setattr(tree.node('file'), changes, undefined, stranger))
    expect(attr).toMatchObject({ size: 3, mode: 0o100766 })
  })

  it('counts the groups that only the process of a caller tells', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), '1234567890')
    chownSync(tree.at('file'), 5, 1234)
    chmodSync(tree.at('file'), 0o6766)
    const changes = { size: 3, killSuidgid: true }
    const process = { groups: [1234], ownsAll: false, keepsSetId: false }
    const mode = (ctx: Context) => ok(tree.fs.setattr(tree.node('file'), changes, undefined, ctx)).attr.mode
    expect(mode(caller({ uid: 7, gid: 8, process }))).toBe(0o102766)
    expect(mode(caller({ uid: 7, gid: 8 }))).toBe(0o100766)
  })

  it('keeps set-id bits and capabilities of what overlayfs copies up', () => {
    const { tree } = use
    const { entry, open } = ok(tree.fs.tmpfile(FUSE_ROOT_ID, 0o600, O_RDWR, ROOT_CALLER))
    const { nodeid } = entry
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    const name = bytes('security.capability')
    ok(tree.fs.setattr(nodeid, { mode: 0o4755 }, undefined, ROOT_CALLER))
    ok(tree.fs.setxattr(nodeid, name, capability, 0, false))
    expect(ok(tree.fs.setattr(nodeid, { size: 9 }, undefined, ROOT_CALLER)).attr.size).toBe(9)
    const owner = { uid: 5, gid: 6, killSuidgid: true }
    expect(ok(tree.fs.setattr(nodeid, owner, undefined, ROOT_CALLER)).attr).toMatchObject({
      uid: 5,
      gid: 6,
      mode: 0o104755,
    })
    expect(ok(tree.fs.getxattr(nodeid, name, 100))).toEqual(new Uint8Array(capability))
    const other = caller({ uid: 5, gid: 6 })
    expect(ok(tree.fs.setattr(nodeid, { gid: 6, killSuidgid: true }, undefined, other)).attr.mode).toBe(
      0o100755,
    )
    expect(code(tree.fs.getxattr(nodeid, name, 100))).toBe('ENODATA')
    tree.release(nodeid, open.fh)
  })
})

import { existsSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { untilClosed } from './support/descriptors.js'
import { LoopDisk, whyNoLoopDisk } from './support/loop-disk.js'
import { code } from './support/outcome.js'
import { useTree } from './support/tree.js'

const reason = whyNoLoopDisk()
if (reason !== undefined) console.warn(`recycled inode numbers are not tested: ${reason}`)

/** Makes files until one has the inode number `ino`. */
function recycle(path: (name: string) => string, ino: number): string {
  for (let index = 0; index < 2000; index += 1) {
    const name = `again${index}`
    writeFileSync(path(name), 'young')
    if (statSync(path(name)).ino === ino) return name
  }
  throw new Error(`inode ${ino} was not used again`)
}

describe.skipIf(reason !== undefined)('an inode number that is used again', () => {
  let disk: LoopDisk | undefined
  let base = ''

  beforeAll(() => {
    disk = new LoopDisk(32)
    base = disk.path
  })

  afterAll(() => {
    disk?.remove()
    if (disk !== undefined) expect(existsSync(base)).toBe(false)
  })

  const use = useTree(() => base, { maxCachedFds: 1 })
  const pinned = useTree(() => base, { inodeFileHandles: 'never' })

  it('D16: is another generation of the node, when the kernel still has the old one', async () => {
    const { tree } = use
    writeFileSync(tree.at('old'), 'the old one')
    const old = tree.find('old')
    unlinkSync(tree.at('old'))
    // Nothing keeps the number of the old one then.
    await untilClosed(tree.at('old'))
    expect(code(tree.fs.getattr(old.nodeid, undefined))).toBe('ESTALE')
    const name = recycle((file) => tree.at(file), Number(old.attr.ino))
    expect(code(tree.fs.getattr(old.nodeid, undefined))).toBe('ESTALE')
    const young = tree.find(name)
    expect(young.attr.ino).toBe(old.attr.ino)
    expect(young.nodeid).toBe(old.nodeid)
    expect(young.generation).not.toBe(old.generation)
    expect(young.attr.size).toBe(5)
    expect(tree.node(name)).toBe(young.nodeid)
    tree.fs.forget(old.nodeid, 1)
    expect(tree.node(name)).toBe(young.nodeid)
    expect(tree.attr(young.nodeid).size).toBe(5)
  })

  it('stays with its file where every inode has a descriptor', () => {
    const { tree } = pinned
    writeFileSync(tree.at('old'), 'the old one')
    const old = tree.find('old')
    unlinkSync(tree.at('old'))
    expect(() => recycle((file) => tree.at(file), Number(old.attr.ino))).toThrow('was not used again')
    expect(tree.attr(old.nodeid)).toMatchObject({ nlink: 0, size: 11 })
  })
})

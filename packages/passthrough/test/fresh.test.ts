import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ROOT_CALLER } from './support/context.js'
import { openFds } from './support/descriptors.js'
import { ok } from './support/outcome.js'
import { SETTINGS, useTree } from './support/tree.js'

const MANY = 500
/** Most descriptors that are kept for what was looked up last. */
const KEPT = 64

describe.each(SETTINGS)('what was just looked up ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('can be used though the host has replaced or removed it', () => {
    const { tree } = use
    writeFileSync(tree.at('file'), 'first')
    const replaced = tree.node('file')
    writeFileSync(tree.at('new'), 'the second')
    renameSync(tree.at('new'), tree.at('file'))
    expect(ok(tree.fs.getattr(replaced, undefined)).attr.size).toBe(5)
    const removed = tree.node('file')
    rmSync(tree.at('file'))
    const { fh } = ok(tree.fs.open(removed, 0, false, ROOT_CALLER))
    expect(ok(tree.fs.getattr(removed, fh)).attr).toMatchObject({ size: 10, nlink: 0 })
  })

  it('keeps few descriptors, and none for long', async () => {
    const { tree } = use
    for (let index = 0; index < MANY; index += 1) writeFileSync(tree.at(`${index}`), '')
    const before = openFds().length
    for (let index = 0; index < MANY; index += 1) tree.node(`${index}`)
    // Where inodes have no file handles, each has its descriptor.
    const held = tree.fs.usage().heldFds - 1
    expect(openFds().length - before - held).toBeLessThanOrEqual(KEPT)
    while (openFds().length > before + held) await delay(50)
  })
})

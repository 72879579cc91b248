import { InitFlag } from '@fb/abi'
import { initFlagNames } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { PassthroughFs, type PassthroughOptions } from '@fb/passthrough'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type MountDefaults, parseMount, ServedTree } from '../src/index.js'
import { controlled, directories } from './served.js'

/** Features that the tree itself cares for, whoever is mounted in it. */
const OF_THE_TREE = InitFlag.SUBMOUNTS | InitFlag.DO_READDIRPLUS | InitFlag.READDIRPLUS_AUTO

/** What INIT settles with a client that offers everything. */
async function settled(target: ServedTree | PassthroughFs): Promise<string[]> {
  const client = await FuseClient.connect(target instanceof ServedTree ? target.fileSystem : target)
  onTestFinished(() => client.close())
  return initFlagNames((client.server.negotiated?.flags ?? 0n) & ~OF_THE_TREE)
}

describe.each<MountDefaults>([
  {},
  { cache: 'never', allowMmap: true },
  { cache: 'always', writeback: true },
  { posixAcl: true, xattr: true },
  { posixAcl: true, xattr: false },
  { cache: 'metadata', allowMmap: true, posixAcl: true, allowDirectIo: false },
  { announceSubmounts: true, readdirplus: 'never' },
])('features of a tree with %j', (defaults) => {
  it('are those of its back ends alone, also before there is one', async () => {
    const base = directories('a')
    const source = `${base}/a`
    const empty = controlled({ defaults })
    const full = controlled({ defaults })
    await full.tree.mount(parseMount(`/=${source}`))
    const { posixAcl = false, xattr = true, ...rest } = defaults
    const options: PassthroughOptions = { ...(rest as object), source, xattr, posixAcl: posixAcl && xattr }
    using alone = new PassthroughFs(options)
    const expected = await settled(alone)
    expect(await settled(full.tree)).toEqual(expected)
    expect(await settled(empty.tree)).toEqual(expected)
  })
})

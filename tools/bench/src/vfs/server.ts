// server.js KIND SOURCE MOUNTPOINT
//
// Serves a directory on the event loop of this thread, in the way that KIND names: the difference between them is the tree.
import { PassthroughFs } from '@fb/passthrough'
import { pseudoFs } from '@fb/pseudo-fs'
import { mount } from '@fb/transport-fusedev'
import { Vfs } from '@fb/vfs'
import { isKind, MOUNTS } from './kinds.js'

const [kind = '', source = '', mountpoint = ''] = process.argv.slice(2)
if (!isKind(kind)) throw new Error(`no such kind: ${kind}`)

const fs = new PassthroughFs({ source })

async function tree(path: string, others: number): Promise<Vfs> {
  const vfs = new Vfs()
  await vfs.mount(fs, path)
  for (let at = 0; at < others; at += 1) await vfs.mount(pseudoFs({}), `/mounts/${at % 100}/${at}`)
  return vfs
}

const made = {
  alone: () => fs,
  again: () => fs,
  one: () => tree('/', 0),
  many: () => tree('/', MOUNTS),
  deep: () => tree('/mounts/0/mine', MOUNTS),
}
const mounted = await mount(await made[kind](), mountpoint, { allowOther: true, defaultPermissions: true })
await mounted.closed

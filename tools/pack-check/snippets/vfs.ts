import { FuseClient } from '@fb/api/testing'
import { pseudoFs } from '@fb/pseudo-fs'
import { Vfs } from '@fb/vfs'

const vfs = new Vfs()
await vfs.mount(pseudoFs({ file: 'one' }), '/a')
await vfs.mount(pseudoFs({ file: 'two' }), '/b/c')
const client = await FuseClient.connect(vfs)
const texts = [await client.readFile('/a/file', 'utf8'), await client.readFile('/b/c/file', 'utf8')]
await client.close()
if (texts.join() !== 'one,two') throw new Error(`read ${texts}`)
console.log('@fb/vfs works')

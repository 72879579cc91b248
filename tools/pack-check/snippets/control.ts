import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietLogger } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { ControlClient, ControlServer, ServedTree, TreeTarget } from '@fb/control'

const logger = { ...quietLogger, level: 'info' }
const directory = mkdtempSync(join(tmpdir(), 'fb-'))
const tree = new ServedTree({ controlled: true, defaults: {}, logger })
const target = new TreeTarget({ tree, logger, program: 'snippet', version: '1', serving: 'memory' })
const control = await ControlServer.listen({ path: join(directory, 'control'), target, logger })
const client = await FuseClient.connect(tree.fileSystem)
const ctl = await ControlClient.connect(join(directory, 'control'))
await ctl.request({ command: 'mount', mount: { path: '/a', files: { file: 'one' } } })
const text = await client.readFile('/a/file', 'utf8')
ctl.close()
await control.close()
await client.close()
tree.close()
rmSync(directory, { recursive: true })
if (text !== 'one') throw new Error(`read ${text}`)
console.log('@fb/control works')

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseClient } from '@fb/api/testing'
import { PassthroughFs } from '@fb/passthrough'

const source = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
const client = await FuseClient.connect(new PassthroughFs({ source }))
await client.writeFile('/file', 'written')
if (readFileSync(join(source, 'file'), 'utf8') !== 'written') throw new Error('another file')
if ((await client.readFile('/file', 'utf8')) !== 'written') throw new Error('read something else')
await client.close()
rmSync(source, { recursive: true })
console.log('@fb/passthrough works')

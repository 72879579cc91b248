import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSystem } from '@fb/api'
import { serveVirtiofs } from '@fb/transport-virtiofs'
import { RingClient } from '@fb/transport-virtiofs/testing'

const empty: FileSystem = {}
const directory = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
const socketPath = join(directory, 'socket')
const server = serveVirtiofs({ socketPath, tag: 'fs', createFileSystem: () => empty })
const guest = await RingClient.connect(socketPath)
const { major } = await guest.init()
guest.close()
await server.close()
rmdirSync(directory)
if (major !== 7) throw new Error(`FUSE ${major}`)
console.log('@fb/transport-virtiofs works')

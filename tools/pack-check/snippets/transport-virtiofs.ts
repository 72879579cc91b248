import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSystem } from '@fb/api'
import { serveVirtiofs } from '@fb/transport-virtiofs'
import { TestFrontEnd } from '@fb/vhost-user/testing'

const VIRTIO_F_VERSION_1 = 1n << 32n
const empty: FileSystem = {}
const directory = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
const socketPath = join(directory, 'socket')
const server = serveVirtiofs({ socketPath, tag: 'fs', createFileSystem: () => empty })
const frontEnd = TestFrontEnd.connect(socketPath)
const { features } = await frontEnd.negotiate()
frontEnd.close()
await server.close()
rmdirSync(directory)
if ((features & VIRTIO_F_VERSION_1) === 0n) throw new Error(`features ${features}`)
console.log('@fb/transport-virtiofs works')

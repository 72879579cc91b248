import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Request, VhostUserServer } from '@fb/vhost-user'
import { EchoDevice, TestFrontEnd } from '@fb/vhost-user/testing'

const directory = mkdtempSync(join(tmpdir(), 'fb-snippet-'))
const path = join(directory, 'socket')
const server = new VhostUserServer({ device: new EchoDevice(), path })
server.listen()
const frontEnd = TestFrontEnd.connect(path)
const features = await frontEnd.requestNumber(Request.GET_FEATURES)
frontEnd.close()
await server.close()
rmdirSync(directory)
if (features === 0n) throw new Error('no features')
console.log('@fb/vhost-user works')

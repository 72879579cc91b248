import { FuseClient } from '@fb/api/testing'
import { directory, pseudoFs } from '@fb/pseudo-fs'

const fs = pseudoFs({ 'hello.txt': 'hi\n', users: directory(async () => ({ ann: 'Ann\n' })) })
const client = await FuseClient.connect(fs)
if ((await client.list('/')).join() !== 'hello.txt,users') throw new Error('another list')
if ((await client.readFile('/users/ann', 'utf8')) !== 'Ann\n') throw new Error('another file')
await client.close()
console.log('@fb/pseudo-fs works')

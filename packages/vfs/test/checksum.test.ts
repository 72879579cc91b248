import { crc32 } from 'node:zlib'
import { FuseChecksumIn, FuseChecksumOut, Opcode } from '@fb/abi'
import { FuseClient, RequestBody } from '@fb/api/testing'
import { Metrics, measure } from '@fb/middleware'
import { pseudoFs } from '@fb/pseudo-fs'
import { expect, it } from 'vitest'
import { Vfs } from '../src/index.js'

it('a file of a back end is summed through layers and tree, which know nothing of it', async () => {
  const vfs = new Vfs()
  const metrics = new Metrics()
  await vfs.mount(measure(pseudoFs({ file: 'text' }), metrics), '/a/b', { readOnly: true })
  await vfs.mount({}, '/lacks/it')
  const client = await FuseClient.connect(vfs)
  const sum = async (node: number) => {
    const body = new RequestBody().struct(FuseChecksumIn, { fh: 0, algorithm: 0 })
    const reply = await client.call(Opcode.CHECKSUM, node, body)
    return FuseChecksumOut.decode(new DataView(reply.buffer, reply.byteOffset), 0, FuseChecksumOut.create())
      .sum
  }
  expect(await sum(await client.resolve('/a/b/file'))).toBe(crc32('text'))
  await expect(sum(3 * 2 ** 37 + 1)).rejects.toMatchObject({ code: 'EOPNOTSUPP' })
  expect(metrics.operations.get('checksum')?.count).toBe(1)
  await client.close()
})

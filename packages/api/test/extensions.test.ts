import { encodeExtensions, InitFlag, Opcode } from '@fb/abi'
import { beforeEach, describe, expect, it } from 'vitest'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { RequestBody } from '../src/testing/request-body.js'
import { encodeRequest } from '../src/testing/request-bytes.js'
import { entry, fileSystemOf, type Operation, operations } from './operations.js'
import { replyError } from './reply-error.js'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const groups = [4, 24, 0xffff_fffe]
const securityContexts = [{ name: text('security.selinux'), value: text('system_u:object_r:tmp_t:s0\0') }]

/** An operation whose file system asks for the extensions. */
function withExtensions(opcode: string) {
  const operation = operations.find((one) => one.opcode === opcode) as Operation
  const { fs, contexts } = fileSystemOf(operation)
  const asking: FileSystem = {
    ...fs,
    init: (connection) => void connection.enable(InitFlag.SECURITY_CTX | InitFlag.CREATE_SUPP_GROUP),
  }
  return { asking, contexts }
}

describe('extensions', () => {
  it.each([
    ['MKNOD', (client: FuseClient, options: object) => client.mknod(1, 'a', 0o100644, 0, options)],
    ['MKDIR', (client: FuseClient, options: object) => client.mkdir(1, 'a', 0o755, options)],
    ['SYMLINK', (client: FuseClient, options: object) => client.symlink(1, 'a', 'b', options)],
    ['CREATE', (client: FuseClient, options: object) => client.create(1, 'a', 0o100644, 0, options)],
    ['TMPFILE', (client: FuseClient, options: object) => client.tmpfile(1, 0o100644, 0, options)],
  ] as const)('%s: are in the context', async (opcode, ask) => {
    const { asking, contexts } = withExtensions(opcode)
    const client = await FuseClient.connect(asking)
    await ask(client, { groups, securityContexts })
    await ask(client, { groups })
    await ask(client, { securityContexts: [] })
    await ask(client, {})
    expect(contexts).toMatchObject([
      { groups, securityContexts: [{ name: 'security.selinux', value: 'system_u:object_r:tmp_t:s0\0' }] },
      { groups, securityContexts: [] },
      { groups: [], securityContexts: [] },
      { groups: [], securityContexts: [] },
    ])
  })

  it('are not left over for the next request', async () => {
    const seen: unknown[] = []
    const fs: FileSystem = {
      mkdir: (_parent, _name, _mode, ctx) => {
        seen.push([...ctx.groups])
        return entry
      },
      rmdir: (_parent, _name, ctx) => void seen.push([...ctx.groups]),
    }
    const client = await FuseClient.connect(fs)
    await client.mkdir(1, 'a', 0o755, { groups })
    await client.rmdir(1, 'a')
    expect(seen).toEqual([groups, []])
  })

  describe('that are malformed', () => {
    let client: FuseClient
    beforeEach(async () => {
      client = await FuseClient.connect({ mkdir: () => expect.unreachable() })
    })

    /** The error of a MKDIR that ends with these bytes and says that `units` of 8 of them are extensions. */
    async function errorOf(
      extensions: Uint8Array,
      units = extensions.length / 8,
    ): Promise<number | undefined> {
      const body = new RequestBody().bytes(new Uint8Array(8)).name('dir').finish()
      const message = encodeRequest({ opcode: Opcode.MKDIR, unique: 100n, nodeid: 1 }, body, extensions)
      const view = new DataView(message.buffer)
      view.setUint16(36, units, true)
      const reply = await client.raw(message)
      return replyError(reply)
    }

    const good = encodeExtensions({ groups, securityContexts })
    it.each([
      ['say more than there is', good, 100],
      ['say all that there is, header included', good, 0xffff],
      ['begin in the middle', good, 2],
      ['are cut', good.subarray(0, good.length - 8), undefined],
      ['have no size', new Uint8Array(8), undefined],
      ['come twice', encodeExtensions({ groups, securityContexts: undefined }), -1],
      ['are of no known type', Uint8Array.of(8, 0, 0, 0, 33, 0, 0, 0), undefined],
      [
        'count more groups than there are',
        Uint8Array.of(16, 0, 0, 0, 32, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0),
        undefined,
      ],
    ] as const)('%s: EINVAL', async (_what, extensions, units) => {
      const twice = units === -1 ? Buffer.concat([extensions, extensions]) : extensions
      const stated = units === -1 ? undefined : units
      expect(await errorOf(twice, stated)).toBe(-Errno.EINVAL.errno)
    })
  })

  it('that were not agreed on are EINVAL', async () => {
    const client = await FuseClient.connect({ mkdir: () => entry }, { flags: InitFlag.INIT_EXT })
    const body = new RequestBody().bytes(new Uint8Array(8)).name('dir').finish()
    const extensions = encodeExtensions({ groups, securityContexts: undefined })
    const reply = await client.raw(
      encodeRequest({ opcode: Opcode.MKDIR, unique: 100n, nodeid: 1 }, body, extensions),
    )
    expect(replyError(reply)).toBe(-22)
  })
})

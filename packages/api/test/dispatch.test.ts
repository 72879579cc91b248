import { Opcode, opcodes } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { Errno } from '../src/errno.js'
import type { FileSystem } from '../src/file-system.js'
import { FuseClient } from '../src/testing/fuse-client.js'
import { encodeRequest } from '../src/testing/request-bytes.js'
import { recordingLogger } from './logger.js'
import { cacheWindow, fileSystemOf, type Operation, operations } from './operations.js'
import { replyError } from './reply-error.js'

const server = { cacheWindow }
const cases = operations.map((operation) => [operation.opcode, operation] as const)

/** Asks for an operation of a file system whose method does what `give` does. */
async function outcomeOf(operation: Operation, give: Operation['give'], logger = recordingLogger().logger) {
  const client = await FuseClient.connect(fileSystemOf(operation, give).fs, { server: { ...server, logger } })
  return operation.ask(client)
}

describe('every operation', () => {
  it('is in the table, or has a test of its own', () => {
    const own = ['INIT', 'DESTROY', 'INTERRUPT', 'FORGET', 'BATCH_FORGET', 'NOTIFY_REPLY', 'CUSE_INIT']
    const tested = new Set<string>([...own, ...operations.map(({ opcode }) => opcode)])
    expect(Object.values(opcodes).filter(({ name }) => !tested.has(name))).toEqual([])
  })

  it.each(cases)('%s: a result is encoded at once', async (_name, operation) => {
    const { fs, calls } = fileSystemOf(operation)
    const client = await FuseClient.connect(fs, { server })
    expect(await operation.ask(client)).toEqual(operation.answer)
    expect(calls).toEqual([operation.args])
    expect(client.server.pending).toBe(0)
  })

  it.each(cases)('%s: a promise is answered when it settles', async (_name, operation) => {
    const later: Operation['give'] = async (...args) => {
      await undefined
      return operation.give(...args)
    }
    const { fs, calls } = fileSystemOf(operation, later)
    const client = await FuseClient.connect(fs, { server })
    const asked = operation.ask(client)
    expect(client.server.pending).toBe(1)
    expect(await asked).toEqual(operation.answer)
    expect(calls).toEqual([operation.args])
    expect(client.server.pending).toBe(0)
  })

  it.each(cases)(
    '%s: an Errno is the same returned, thrown, resolved and rejected',
    async (_name, operation) => {
      const expected = { code: 'EDQUOT', errno: 122, operation: operation.opcode }
      const thrown: Operation['give'] = () => {
        throw Errno.EDQUOT
      }
      await expect(outcomeOf(operation, () => Errno.EDQUOT)).rejects.toMatchObject(expected)
      await expect(outcomeOf(operation, thrown)).rejects.toMatchObject(expected)
      await expect(outcomeOf(operation, async () => Errno.EDQUOT)).rejects.toMatchObject(expected)
      await expect(outcomeOf(operation, () => Promise.reject(Errno.EDQUOT))).rejects.toMatchObject(expected)
    },
  )

  it.each(cases)('%s: an error of Node is its errno', async (_name, operation) => {
    const error = Object.assign(new Error('ENOTEMPTY: directory not empty'), {
      code: 'ENOTEMPTY',
      errno: -39,
    })
    const thrown: Operation['give'] = () => {
      throw error
    }
    const { logger, lines } = recordingLogger()
    await expect(outcomeOf(operation, thrown, logger)).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    await expect(outcomeOf(operation, () => Promise.reject(error), logger)).rejects.toMatchObject({
      code: 'ENOTEMPTY',
    })
    expect(lines).toEqual([])
  })

  it.each(cases)('%s: any other exception is EIO and one line in the log', async (_name, operation) => {
    const mistake = new TypeError('a mistake')
    const thrown: Operation['give'] = () => {
      throw mistake
    }
    for (const give of [thrown, () => Promise.reject(mistake)]) {
      const { logger, lines } = recordingLogger()
      await expect(outcomeOf(operation, give, logger)).rejects.toMatchObject({ code: 'EIO' })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toMatchObject({
        level: 'error',
        detail: { opcode: Opcode[operation.opcode], err: mistake },
      })
    }
  })

  it.each(cases)('%s: a missing method is answered as documented', async (_name, operation) => {
    const client = await FuseClient.connect({}, { server })
    const { missing } = operation
    if (typeof missing === 'string')
      await expect(operation.ask(client)).rejects.toMatchObject({ code: missing })
    else expect(await operation.ask(client)).toEqual(missing.result)
  })

  it.each(cases)('%s: the caller is in the context', async (_name, operation) => {
    const { fs, contexts } = fileSystemOf(operation)
    const client = await FuseClient.connect(fs, { server, uid: 1000, gid: 0xffff_ffff, pid: 442 })
    await operation.ask(client)
    expect(contexts[0]).toMatchObject({ uid: 1000, gid: 0xffff_ffff, pid: 442, unique: client.lastUnique })
  })
})

describe('results that no method may give', () => {
  const bad: readonly (readonly [string, keyof FileSystem, readonly unknown[]])[] = [
    ['LOOKUP', 'lookup', [undefined, null, {}, 5, { nodeid: -1 }, { nodeid: 2 ** 53 }, { nodeid: 1.5 }]],
    ['GETATTR', 'getattr', [undefined, {}, { attr: undefined }]],
    ['READLINK', 'readlink', [undefined, {}, 5]],
    ['OPEN', 'open', [undefined, { fh: -1, openFlags: 0 }, { fh: 2 ** 53, openFlags: 0 }]],
    ['CREATE', 'create', [undefined, {}]],
    ['READ', 'read', [undefined, Number.NaN, 1, 4097, new Uint8Array(4097), {}]],
    ['WRITE', 'write', [undefined, Number.NaN, 6, 'text']],
    ['STATFS', 'statfs', [undefined, null]],
    ['GETXATTR', 'getxattr', [undefined, {}, []]],
    [
      'IOCTL',
      'ioctl',
      [undefined, { result: 0, output: new Uint8Array(9) }, { retry: { input: [], output: [] } }],
    ],
  ]
  const each = bad.flatMap(([opcode, method, values]) => values.map((value) => ({ opcode, method, value })))
  it.each(each)('$opcode: $value is EIO', async ({ opcode, value }) => {
    const operation = operations.find((one) => one.opcode === opcode) as Operation
    const { logger, lines } = recordingLogger()
    await expect(outcomeOf(operation, () => value, logger)).rejects.toMatchObject({ code: 'EIO' })
    await expect(outcomeOf(operation, async () => value, logger)).rejects.toMatchObject({ code: 'EIO' })
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error'])
  })

  it('a negative number is an errno where a count is due', async () => {
    for (const opcode of [
      'READ',
      'WRITE',
      'LSEEK',
      'COPY_FILE_RANGE',
      'COPY_FILE_RANGE_64',
      'POLL',
      'GETXATTR',
    ]) {
      const operation = operations.find((one) => one.opcode === opcode) as Operation
      await expect(outcomeOf(operation, () => -28)).rejects.toMatchObject({ code: 'ENOSPC' })
    }
  })

  it('something with a `then` that is no promise is waited for', async () => {
    const operation = operations.find(({ opcode }) => opcode === 'ACCESS') as Operation
    // biome-ignore lint/suspicious/noThenProperty: what is tested.
    const thenable = { then: (resolve: (value: unknown) => void) => resolve(Errno.EACCES) }
    await expect(outcomeOf(operation, () => thenable)).rejects.toMatchObject({ code: 'EACCES' })
  })
})

describe('requests that have no handler', () => {
  it.each([0, 7, 19, 54, 100, Opcode.CUSE_INIT, 2 ** 32 - 1])('operation %i is ENOSYS', async (opcode) => {
    const client = await FuseClient.connect({})
    await expect(client.call(opcode, 1, undefined)).rejects.toMatchObject({ code: 'ENOSYS' })
  })

  it('something shorter than a header is dropped, and said in the log', async () => {
    const { logger, lines } = recordingLogger()
    const client = await FuseClient.connect({}, { server: { logger } })
    for (const length of [0, 1, 39]) expect(await client.raw(new Uint8Array(length))).toBeUndefined()
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn'])
  })

  it('a length that is not the length is EINVAL', async () => {
    const client = await FuseClient.connect({})
    for (const stated of [0, 39, 41, 0xffff_ffff]) {
      const message = encodeRequest({ opcode: Opcode.STATFS, unique: 8n, nodeid: 1 })
      new DataView(message.buffer).setUint32(0, stated, true)
      const reply = await client.raw(message)
      expect(replyError(reply)).toBe(-22)
    }
  })
})

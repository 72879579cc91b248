import { Opcode } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { Errno } from './errno.js'
import type { FileSystem } from './file-system.js'
import { LIFECYCLE, OPERATION_NAMES, OPERATIONS } from './operations.js'
import { FuseClient } from './testing/index.js'

describe('the table of operations', () => {
  it('has an operation for every opcode that reaches a file system', () => {
    const own = ['DESTROY', 'INTERRUPT', 'NOTIFY_REPLY']
    const variants = ['BATCH_FORGET', 'RENAME2', 'SETLKW', 'COPY_FILE_RANGE_64']
    const opcodes = Object.keys(Opcode).filter(
      (name) => !name.includes('INIT') && ![...own, ...variants].includes(name),
    )
    const names = OPERATION_NAMES.map((name) =>
      name === 'copyFileRange' ? 'COPY_FILE_RANGE' : name.toUpperCase(),
    )
    expect(names.sort()).toEqual(opcodes.sort())
    expect(OPERATION_NAMES.filter((name) => (LIFECYCLE as readonly string[]).includes(name))).toEqual([])
  })

  it('never answers ENOSYS, and says of a handle where it stands', () => {
    for (const name of OPERATION_NAMES) {
      const { missing, handle, context } = OPERATIONS[name]
      expect(missing, name).not.toBe(Errno.ENOSYS)
      expect(handle, name).toBeLessThan(Math.max(context, 0))
    }
  })

  it('asks for what the kernel uses only where a file system has the method', async () => {
    const offered = OPERATION_NAMES.reduce((flags, name) => flags | (OPERATIONS[name].features ?? 0n), 0n)
    for (const name of OPERATION_NAMES) {
      const client = await FuseClient.connect({ [name]: () => undefined } as FileSystem, { flags: offered })
      expect(client.negotiated.flags & offered, name).toBe(OPERATIONS[name].features ?? 0n)
      await client.close()
    }
  })
})

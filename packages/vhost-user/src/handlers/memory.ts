import { MAX_REGIONS } from '@fb/virtqueue'
import { MemoryTable } from '../memory-table.js'
import { u64 } from '../message.js'
import { Request } from '../protocol.js'
import type { HandlerEntry } from './handler.js'

/** Guest memory (vhost-user, "Memory access"). */
export const memoryHandlers: readonly HandlerEntry[] = [
  [
    Request.SET_MEM_TABLE,
    async (session, message) => {
      await session.replaceMemory('SET_MEM_TABLE', MemoryTable.of(message), (old) => old.close())
      return undefined
    },
  ],
  [Request.GET_MAX_MEM_SLOTS, () => ({ payload: u64(BigInt(MAX_REGIONS)) })],
  [
    Request.ADD_MEM_REG,
    async (session, message) => {
      await session.replaceMemory('ADD_MEM_REG', session.table.with(message), (old) => old.unmap())
      return undefined
    },
  ],
  [
    Request.REM_MEM_REG,
    async (session, message) => {
      const { table, removed } = session.table.without(message)
      await session.replaceMemory('REM_MEM_REG', table, (old) => {
        old.unmap()
        removed.close()
      })
      return undefined
    },
  ],
]

import { FUSE_ROOT_ID } from '@fb/abi'
import { StateError } from '@fb/api'
import { S_IFDIR, S_IFMT } from '@fb/sys'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { HandleFlag } from '../tables/handle-table.js'
import { NodeSaver } from './node-saver.js'
import { PieceWriter } from './piece-writer.js'
import { RecordKind } from './record.js'
import { letGo, type OwnLock, saveLocks } from './save-locks.js'
import { encodeHeader } from './state-header.js'

/**
 * The state of a file system that has no request under way. The locks that it had of the host are let go of at the end,
 * and are in `released` then.
 */
export async function* saveState(host: Host, released: OwnLock[]): AsyncGenerator<Uint8Array, void, void> {
  const { nodes, tables, handles } = host
  const root = nodes.acquire(FUSE_ROOT_ID)
  if (root < 0) throw new StateError('the file system has been closed')
  try {
    yield header(host)
    const out = new PieceWriter()
    const saver = new NodeSaver(host, root, out)
    for (let slot = 0; slot < tables.inodes.highWater; slot += 1) {
      saver.save(slot)
      if (out.full) yield out.take()
    }
    for await (const _ of saver.search()) if (out.full) yield out.take()
    let files = 0
    for (let index = 0; index < handles.highWater; index += 1) {
      if (saveFile(host, index, out)) files += 1
      if (out.full) yield out.take()
    }
    const locks: OwnLock[] = []
    for (const lock of saveLocks(host, out)) {
      locks.push(lock)
      if (out.full) yield out.take()
    }
    out.u8(RecordKind.END)
    for (const count of [saver.count, files, locks.length]) out.u32(count)
    yield out.take()
    for (const lock of locks) letGo(lock)
    released.push(...locks)
  } finally {
    nodes.release(FUSE_ROOT_ID)
  }
}

function header({ nodes, tables, handles, flags }: Host): Uint8Array {
  return encodeHeader({
    format: 'passthrough',
    version: 2,
    root: (nodes.mode(FUSE_ROOT_ID) & S_IFMT) === S_IFDIR ? 'directory' : 'file',
    // Who calls is for the next one to know.
    flags: flags & ~SessionFlag.LOCAL_CALLERS,
    generation: tables.inodes.lastGeneration,
    files: { used: handles.highWater, generation: handles.lastGeneration },
  })
}

/** Writes an open file. False where none is open in a record. */
function saveFile({ handles }: Host, index: number, out: PieceWriter): boolean {
  const node = handles.node(index)
  if (node === 0) return false
  out.u8(RecordKind.FILE)
  out.u32(index)
  out.u32(handles.generation(index))
  out.u32(node)
  out.u32(handles.openFlags(index))
  out.u8(handles.has(index, HandleFlag.DIRECTORY) ? 1 : 0)
  return true
}

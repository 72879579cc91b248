import { FUSE_ROOT_ID } from '@fb/abi'
import { StateError, type StatePieces } from '@fb/api'
import { S_IFDIR, S_IFMT } from '@fb/sys'
import type { Host } from '../host.js'
import { SessionFlag } from '../share.js'
import { FileRestorer } from './file-restorer.js'
import { Losses } from './losses.js'
import { NodeRestorer } from './node-restorer.js'
import { PieceReader } from './piece-reader.js'
import { RecordKind } from './record.js'
import { decodeHeader, type StateHeader } from './state-header.js'

/**
 * Takes over a state: `host` knows nothing but its root. What the client has lost, a line for each.
 * Rejects with a StateError; the tables are then to be cleared.
 */
export async function restoreState(host: Host, pieces: StatePieces): Promise<readonly string[]> {
  const { nodes, tables, handles, options } = host
  const root = nodes.acquire(FUSE_ROOT_ID)
  if (root < 0) throw new StateError('the file system has been closed')
  const losses = new Losses(options.migrationOnError === 'guest-error')
  const restorer = new StateRestorer(host, root, losses)
  try {
    if (!tables.inodes.beginRestore() || !handles.beginRestore()) {
      throw new StateError('the file system serves somebody else')
    }
    for await (const piece of pieces) restorer.piece(piece)
    restorer.check()
    return losses.lines
  } finally {
    restorer.end()
    nodes.release(FUSE_ROOT_ID)
  }
}

class StateRestorer {
  readonly #host: Host
  readonly #nodes: NodeRestorer
  readonly #files: FileRestorer
  #header: StateHeader | undefined
  #ended = false

  constructor(host: Host, root: number, losses: Losses) {
    this.#host = host
    this.#nodes = new NodeRestorer(host, root, losses)
    this.#files = new FileRestorer(host, losses)
  }

  piece(piece: Uint8Array): void {
    if (this.#header === undefined) {
      this.#header = decodeHeader(piece)
      this.#begin(this.#header)
      return
    }
    const reader = new PieceReader(piece)
    while (!reader.done) this.#record(reader)
  }

  /** Throws a StateError where the end has not come. */
  check(): void {
    if (!this.#ended) throw new StateError('the state is cut off')
  }

  /** Makes the tables whole, whatever has come. */
  end(): void {
    const { inodes } = this.#host.tables
    this.#nodes.end()
    const { generation = 0, files = { used: 0, generation: 0 } } = this.#header ?? {}
    inodes.lock.lock()
    inodes.endRestore(generation)
    inodes.lock.unlock()
    this.#host.handles.endRestore(files.used, files.generation)
  }

  #begin({ root, flags }: StateHeader): void {
    const { nodes, options } = this.#host
    const own = (nodes.mode(FUSE_ROOT_ID) & S_IFMT) === S_IFDIR ? 'directory' : 'file'
    if (root !== own) throw new StateError(`the source is a ${own} here, and was a ${root}`)
    const settled: readonly (readonly [flag: number, isAllowed: boolean, option: string])[] = [
      [SessionFlag.WRITEBACK, options.writeback, 'writeback'],
      [SessionFlag.POSIX_ACL, options.posixAcl, 'posixAcl'],
      [SessionFlag.DONT_MASK, options.posixAcl, 'posixAcl'],
      [SessionFlag.SUBMOUNTS, options.announceSubmounts, 'announceSubmounts'],
    ]
    let known = 0
    for (const [flag, isAllowed, option] of settled) {
      known |= flag
      if ((flags & flag) !== 0 && !isAllowed) {
        throw new StateError(`the client was promised ${option}, which is off here`)
      }
    }
    if ((flags & ~known) !== 0) throw new StateError(`the state has flags 0x${flags.toString(16)}`)
    this.#host.setFlags(flags)
  }

  #record(reader: PieceReader): void {
    if (this.#ended) throw new StateError('the state goes on behind its end')
    const kind = reader.u8()
    if (kind === RecordKind.NODE) this.#nodes.node(reader)
    else if (kind === RecordKind.FILE) this.#files.file(reader)
    else if (kind === RecordKind.POSIX_LOCK) this.#files.posixLock(reader)
    else if (kind === RecordKind.FLOCK) this.#files.flock(reader)
    else if (kind === RecordKind.MOUNT) this.#nodes.mount(reader)
    else if (kind === RecordKind.END) this.#end(reader)
    else throw new StateError(`the state has a record of kind ${kind}`)
  }

  #end(reader: PieceReader): void {
    const [nodes, files, locks] = [reader.u32(), reader.u32(), reader.u32()]
    if (nodes !== this.#nodes.count || files !== this.#files.files || locks !== this.#files.locks) {
      throw new StateError('parts of the state are missing')
    }
    this.#ended = true
  }
}

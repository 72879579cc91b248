import { HandleTable } from './handle-table.js'
import { NodeTable } from './node-table.js'

/** Memory of a {@link ClientState} that several threads share: plain data, to be passed to them (`workerData`). */
export interface ClientMemory {
  readonly nodes: SharedArrayBuffer
  readonly handles: SharedArrayBuffer
}

const DEFAULT_NODES = 2 ** 20
const DEFAULT_HANDLES = 2 ** 16

/**
 * What the client holds of a tree: the nodes that it knows, with its lookups, and the files and directories that it has open.
 * Each is in a table that can be read out, so that a successor can be told; nothing else says whether a mount is in use.
 */
export class ClientState {
  readonly nodes: NodeTable
  readonly handles: HandleTable
  /** Whether several threads share it. */
  readonly isShared: boolean

  /** @param memory from `allocate`, the same for all threads that serve a tree together */
  constructor(memory?: ClientMemory) {
    this.nodes = new NodeTable(memory?.nodes)
    this.handles = new HandleTable(memory?.handles)
    this.isShared = memory !== undefined
  }

  /**
   * Memory for several threads: lookups of more nodes, and opens of more files, are answered ENFILE. Only what is used of it
   * costs anything. Throws RangeError for numbers out of range.
   */
  static allocate(nodes: number = DEFAULT_NODES, handles: number = DEFAULT_HANDLES): ClientMemory {
    return {
      nodes: new SharedArrayBuffer(NodeTable.byteLength(nodes)),
      handles: new SharedArrayBuffer(HandleTable.byteLength(handles)),
    }
  }

  /** The client is gone. */
  clear(): void {
    this.nodes.clear()
    this.handles.clear()
  }
}

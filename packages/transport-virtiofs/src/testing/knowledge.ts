import { FuseEntryOut, FuseInHeader, FuseOpenOut, FuseOutHeader, opcodeInfo } from '@fb/abi'
import type { Familiar, FamiliarHandle } from '@fb/api/testing'

const ROOT = 1
/** Most nodes and open files that are remembered: the oldest go. */
const MOST = 48

/** What a guest has learnt from replies: the nodes and open files that requests can name. */
export class Knowledge implements Familiar {
  readonly nodes: number[] = [ROOT]
  readonly handles: FamiliarHandle[] = []
  readonly names: readonly Uint8Array[]

  /** @param names - that are in the directory that is served, or lead out of it */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => new TextEncoder().encode(name))
  }

  /** A session has begun: no node but the root is known. */
  forget(): void {
    this.nodes.splice(1)
    this.handles.length = 0
  }

  /** Takes what a successful reply says. */
  learn(request: Uint8Array, reply: Uint8Array): void {
    const header = FuseInHeader.decode(viewOf(request), 0, FuseInHeader.create())
    const { reply: shape, replyTail } = opcodeInfo(header.opcode) ?? {}
    const view = viewOf(reply)
    const body = FuseOutHeader.size
    if (shape === FuseEntryOut && reply.length >= body + FuseEntryOut.size) {
      const { nodeid } = FuseEntryOut.decode(view, body, FuseEntryOut.create())
      // 0 says that there is no such name.
      if (nodeid !== 0) keep(this.nodes, nodeid, 1)
      const tail = body + FuseEntryOut.size
      if (replyTail === FuseOpenOut && reply.length >= tail + FuseOpenOut.size)
        this.#opened(view, tail, nodeid)
    } else if (shape === FuseOpenOut && reply.length >= body + FuseOpenOut.size) {
      this.#opened(view, body, header.nodeid)
    }
  }

  #opened(view: DataView, at: number, node: number): void {
    keep(this.handles, { fh: view.getBigUint64(at + FuseOpenOut.offsets.fh, true), node }, 0)
  }
}

function keep<T>(list: T[], value: T, oldest: number): void {
  list.push(value)
  if (list.length > MOST) list.splice(oldest, 1)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

import { deserialize, serialize } from 'node:v8'
import { StateError, type StatePieces, textOfPieces } from '@fb/api'
import { MemoryFs } from './memory-fs.js'

/** A {@link MemoryFs} whose state goes along, in pieces of a size that is awkward on purpose. */
export class MovableFs extends MemoryFs {
  pieceBytes = 7
  saves = 0
  resumes = 0
  /** What `saveState` and `restoreState` fail with. */
  failure: string | undefined
  lost: readonly string[] = []

  async *saveState(): AsyncGenerator<Uint8Array, void, void> {
    const text = new TextEncoder().encode(
      serialize({ nodes: this.nodes, openFiles: this.openFiles }).toString('hex'),
    )
    for (let at = 0; at < text.length; at += this.pieceBytes) yield text.subarray(at, at + this.pieceBytes)
    if (this.failure !== undefined) throw new StateError(this.failure)
    this.saves += 1
  }

  async restoreState(state: StatePieces): Promise<readonly string[]> {
    const text = await textOfPieces(state, 10_000_000)
    if (this.failure !== undefined) throw new StateError(this.failure)
    const { nodes, openFiles } = movableState(text)
    this.inits += 1
    this.nodes.clear()
    this.openFiles.clear()
    for (const [number, node] of nodes) this.nodes.set(number, node)
    for (const [fh, node] of openFiles) this.openFiles.set(fh, node)
    return this.lost
  }

  async resume(): Promise<void> {
    this.resumes += 1
  }
}

/** What a {@link MovableFs} knows, from the text that it saves. */
export function movableState(text: string): Pick<MemoryFs, 'nodes' | 'openFiles'> {
  return deserialize(Buffer.from(text, 'hex')) as Pick<MemoryFs, 'nodes' | 'openFiles'>
}

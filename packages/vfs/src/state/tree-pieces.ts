import { MAX_STATE_PIECE, StateError, type StatePieces } from '@fb/api'

/** What a piece of the state of a tree is: its first byte. */
export const PieceTag = {
  /** A part of the text that says what the tree itself knows; the last one. */
  TREE_PART: 1,
  TREE: 2,
  /** Nodes that the client knows, and files that it has open: rows in JSON. */
  NODES: 3,
  OPEN: 4,
  /** Index of the mount whose state follows, in JSON. */
  MOUNT: 5,
  /** A part of a piece of its back end; the last one. */
  PART: 6,
  PIECE: 7,
  /** The back end's state has ended. */
  MOUNT_END: 8,
  /** All has been said. */
  END: 9,
} as const

/** Most bytes behind a tag. */
const MOST = MAX_STATE_PIECE - 1
const NOTHING = new Uint8Array(0)

/** Bytes behind a tag; what is too long for one piece comes in several, with `part` before the last. */
export function* tagged(tag: number, bytes: Uint8Array, part = tag): Generator<Uint8Array, void, void> {
  for (let at = 0; ; at += MOST) {
    const isLast = bytes.length - at <= MOST
    const chunk = bytes.subarray(at, at + MOST)
    const piece = new Uint8Array(1 + chunk.length)
    piece[0] = isLast ? tag : part
    piece.set(chunk, 1)
    yield piece
    if (isLast) return
  }
}

/** A value as JSON behind a tag. */
export function taggedJson(tag: number, value: unknown, part = tag): Generator<Uint8Array, void, void> {
  return tagged(tag, new TextEncoder().encode(JSON.stringify(value)), part)
}

/** A tag alone. */
export function taggedNothing(tag: number): Generator<Uint8Array, void, void> {
  return tagged(tag, NOTHING)
}

/** Reads the pieces of the state of a tree, one after the other. */
export class TreePieces {
  readonly #iterator: AsyncIterator<Uint8Array>

  constructor(state: StatePieces) {
    this.#iterator = state[Symbol.asyncIterator]()
  }

  /** The tag and what is behind it, valid until the next call. Rejects with a StateError where there is no piece any more. */
  async next(): Promise<{ readonly tag: number; readonly bytes: Uint8Array }> {
    const { value, done } = await this.#iterator.next()
    if (done === true) throw new StateError('the state of the tree is cut off')
    return { tag: value[0] as number, bytes: value.subarray(1) }
  }

  /** A text that may have come in parts. Rejects with a StateError for another tag, and for more than `most` bytes. */
  async text(tag: number, part: number, most: number): Promise<string> {
    const parts: Uint8Array[] = []
    let length = 0
    for (;;) {
      const piece = await this.next()
      if (piece.tag !== tag && piece.tag !== part)
        throw new StateError('the state does not begin as one of a tree does')
      length += piece.bytes.length
      if (length > most) throw new StateError(`the state of the tree has more than ${most} bytes`)
      parts.push(piece.bytes.slice())
      if (piece.tag === tag) return Buffer.concat(parts).toString()
    }
  }

  /** The pieces of one back end, as it gave them. */
  async *backEnd(): AsyncGenerator<Uint8Array, void, void> {
    let parts: Uint8Array[] = []
    let length = 0
    for (;;) {
      const { tag, bytes } = await this.next()
      if (tag === PieceTag.MOUNT_END) return
      if (tag !== PieceTag.PART && tag !== PieceTag.PIECE)
        throw new StateError('the state of a back end is cut off')
      if (tag === PieceTag.PIECE && parts.length === 0) {
        yield bytes
        continue
      }
      parts.push(bytes.slice())
      length += bytes.length
      if (length > MAX_STATE_PIECE) {
        throw new StateError('a back end has a piece of state that is too long')
      }
      if (tag === PieceTag.PART) continue
      yield new Uint8Array(Buffer.concat(parts))
      parts = []
      length = 0
    }
  }

  /** The state must have ended. Rejects with a StateError where it has not. */
  async end(): Promise<void> {
    const { done } = await this.#iterator.next()
    if (done !== true) throw new StateError('the state goes on behind its end')
  }

  /** Whoever gives the pieces need give no more. */
  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}

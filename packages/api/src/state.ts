/** Most bytes of one piece of the state of a file system. */
export const MAX_STATE_PIECE: number = 1024 * 1024

/**
 * The state of a file system: pieces of 1 to {@link MAX_STATE_PIECE} bytes, which whoever restores it gets one by one as
 * they were given. A piece is valid until the next one is asked for.
 */
export type StatePieces = AsyncIterable<Uint8Array>

/** State cannot be saved, or what was given as state cannot be restored; the message is one line for people. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/** A text as pieces of state, for what is small enough to be one: JSON, say. */
export function* piecesOfText(text: string): Generator<Uint8Array, void, void> {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += MAX_STATE_PIECE) yield bytes.subarray(at, at + MAX_STATE_PIECE)
}

/**
 * The text that a state is. Rejects with a StateError where it has more than `most` bytes: say as many as it could ever be,
 * for nobody knows who gives it.
 */
export async function textOfPieces(state: StatePieces, most: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const piece of state) {
    length += piece.length
    if (length > most) throw new StateError(`the state is a text of more than ${most} bytes`)
    parts.push(piece.slice())
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return new TextDecoder().decode(bytes)
}

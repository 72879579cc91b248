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

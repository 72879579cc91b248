import type { StatePieces } from '@fb/api'

/** The pieces of a state, kept. */
export async function collect(state: StatePieces): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of state) pieces.push(piece.slice())
  return pieces
}

/** Pieces as a state; each is gone when the next is asked for, as whoever reads them must expect. */
export async function* replay(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const given = piece.slice()
    yield given
    given.fill(0xa5)
  }
}

import { describe, expect, it } from 'vitest'
import { MAX_STATE_PIECE, piecesOfText, StateError, textOfPieces } from './index.js'

/** Pieces as they come from elsewhere: each is gone when the next is asked for. */
async function* moved(text: string): AsyncGenerator<Uint8Array> {
  for (const piece of piecesOfText(text)) {
    const given = piece.slice()
    yield given
    given.fill(0)
  }
}

describe('a text as state', () => {
  it.each(['', 'x', '\u00e4\u20ac\ud83d\ude00'.repeat(300_000)])('goes and comes back (%#)', async (text) => {
    for (const piece of piecesOfText(text)) expect(piece.length).toBeLessThanOrEqual(MAX_STATE_PIECE)
    expect((await textOfPieces(moved(text), 10_000_000)) === text).toBe(true)
  })

  it('is not taken where there is more of it than there can be', async () => {
    await expect(textOfPieces(moved('x'.repeat(11)), 10)).rejects.toThrow(StateError)
    expect(await textOfPieces(moved('x'.repeat(10)), 10)).toHaveLength(10)
  })
})

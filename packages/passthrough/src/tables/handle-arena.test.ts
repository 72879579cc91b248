import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandleArena, MAX_HANDLE_BYTES } from './handle-arena.js'

/** A `struct file_handle` with `payload` opaque bytes, all `fill`. */
function handle(payload: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(MAX_HANDLE_BYTES).fill(fill)
  new DataView(bytes.buffer).setUint32(0, payload, true)
  return bytes
}

describe('HandleArena', () => {
  it('keeps handles of every length apart', () => {
    const arena = new HandleArena(HandleArena.create(64 * 1024))
    const references = Array.from({ length: 129 }, (_, payload) =>
      arena.store(handle(payload, payload), 8 + payload),
    )
    expect(new Set(references).size).toBe(129)
    const out = new Uint8Array(MAX_HANDLE_BYTES)
    for (const [payload, reference] of references.entries()) {
      expect(reference).toBeGreaterThan(0)
      expect(arena.copy(reference, out)).toBe(8 + payload)
      expect(out.subarray(0, 8 + payload)).toEqual(handle(payload, payload).subarray(0, 8 + payload))
      expect(arena.equals(reference, handle(payload, payload), 8 + payload)).toBe(true)
    }
  })

  it('tells handles apart by length and by each byte', () => {
    const arena = new HandleArena(HandleArena.create(1024))
    const reference = arena.store(handle(12, 7), 20)
    const other = handle(12, 7)
    other[19] = 8
    expect(arena.equals(reference, other, 20)).toBe(false)
    expect(arena.equals(reference, handle(11, 7), 19)).toBe(false)
  })

  it('answers 0 when it is full, and goes on with what is freed', () => {
    const arena = new HandleArena(HandleArena.create(64))
    const references: number[] = []
    for (let next = arena.store(handle(8, 1), 16); next !== 0; next = arena.store(handle(8, 1), 16)) {
      references.push(next)
    }
    expect(references).toHaveLength(4)
    arena.free(references[2] as number)
    expect(arena.store(handle(5, 9), 13)).toBe(references[2])
    expect(arena.store(handle(8, 1), 16)).toBe(0)
  })

  it('refuses a handle longer than any of the kernel', () => {
    const arena = new HandleArena(HandleArena.create(1024))
    expect(() => arena.store(new Uint8Array(200), 137)).toThrow(RangeError)
  })

  it('behaves as a map of references to bytes', () => {
    const operation = fc.record({
      payload: fc.integer({ min: 0, max: 128 }),
      fill: fc.nat(255),
      free: fc.boolean(),
      at: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const arena = new HandleArena(HandleArena.create(4096))
        const model = new Map<number, Uint8Array>()
        const out = new Uint8Array(MAX_HANDLE_BYTES)
        for (const { payload, fill, free, at } of operations) {
          const known = [...model.keys()]
          if (free && known.length > 0) {
            const reference = known[at % known.length] as number
            arena.free(reference)
            model.delete(reference)
          } else {
            const bytes = handle(payload, fill).slice(0, 8 + payload)
            const reference = arena.store(bytes, bytes.length)
            if (reference === 0) continue
            expect(model.has(reference)).toBe(false)
            model.set(reference, bytes)
          }
          for (const [reference, bytes] of model) {
            expect(out.subarray(0, arena.copy(reference, out))).toEqual(bytes)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

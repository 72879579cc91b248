import { Errno } from '@fb/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LockTable } from './lock-table.js'

const [READ, WRITE, UNLOCK] = [0, 1, 2]
const MAX = 2n ** 63n - 1n
const never = () => new AbortController().signal

interface Ask {
  readonly owner?: bigint
  readonly start?: bigint
  readonly end?: bigint
  readonly flock?: boolean
  readonly wait?: boolean
}

const ask = (type: number, { owner = 1n, start = 0n, end = MAX, flock = false, wait = false }: Ask = {}) => ({
  owner,
  flock,
  wait,
  lock: { start, end, type, pid: Number(owner) },
})

const FH = 3

describe('LockTable', () => {
  it('lets many read and one write', () => {
    const table = new LockTable()
    expect(table.set(1, FH, ask(READ), never)).toBeUndefined()
    expect(table.set(1, FH, ask(READ, { owner: 2n }), never)).toBeUndefined()
    expect(table.set(1, FH, ask(WRITE), never)).toBe(Errno.EAGAIN)
    expect(table.set(2, FH, ask(WRITE, { owner: 3n }), never)).toBeUndefined()
    expect(table.test(1, 3n, ask(WRITE).lock)).toMatchObject({ type: READ, pid: 1 })
    expect(table.test(1, 3n, ask(READ).lock)).toMatchObject({ type: UNLOCK })
    table.dropRanges(1, 2n)
    expect(table.set(1, FH, ask(WRITE), never)).toBeUndefined()
  })

  it('keeps ranges as a table of bytes does', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }))
    const step = fc.record({ owner: fc.constantFrom(1n, 2n), type: fc.integer({ min: 0, max: 2 }), range })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new LockTable()
        const bytes = Array.from({ length: 10 }, () => new Map<bigint, number>())
        for (const { owner, type, range } of steps) {
          const [first, last] = range[0] <= range[1] ? range : [range[1], range[0]]
          const span = bytes.slice(first, last + 1)
          const blocked =
            type !== UNLOCK &&
            span.some((byte) =>
              [...byte].some(([other, held]) => other !== owner && (held === WRITE || type === WRITE)),
            )
          const outcome = table.set(
            1,
            FH,
            ask(type, { owner, start: BigInt(first), end: BigInt(last) }),
            never,
          )
          expect(outcome).toBe(blocked ? Errno.EAGAIN : undefined)
          if (blocked) continue
          for (const byte of span) {
            if (type === UNLOCK) byte.delete(owner)
            else byte.set(owner, type)
          }
        }
        for (const [at, byte] of bytes.entries()) {
          const held = table.held.filter(({ start, end }) => start <= at && at <= end)
          expect(new Map(held.map(({ owner, type }) => [owner, type]))).toEqual(byte)
        }
      }),
    )
  })

  it('wakes those who wait, first come, first served', async () => {
    const table = new LockTable()
    table.set(1, FH, ask(WRITE), never)
    const order: bigint[] = []
    const waiting = [2n, 3n].map(async (owner) => {
      await table.set(1, FH, ask(WRITE, { owner, wait: true }), never)
      order.push(owner)
      table.dropRanges(1, owner)
    })
    table.set(1, FH, ask(UNLOCK), never)
    await Promise.all(waiting)
    expect(order).toEqual([2n, 3n])
    expect(table.held).toEqual([])
  })

  it('stops waiting when the caller does, or when all is over', async () => {
    const table = new LockTable()
    table.set(1, FH, ask(WRITE), never)
    const controller = new AbortController()
    const interrupted = table.set(1, FH, ask(WRITE, { owner: 2n, wait: true }), () => controller.signal)
    controller.abort()
    expect(await interrupted).toBe(Errno.EINTR)
    expect(await table.set(1, FH, ask(READ, { owner: 2n, wait: true }), () => controller.signal)).toBe(
      Errno.EINTR,
    )
    const left = table.set(1, FH, ask(WRITE, { owner: 3n, wait: true }), never)
    table.close()
    expect(await left).toBe(Errno.ENOTCONN)
    expect(table.held).toEqual([])
  })

  it('keeps flock apart from ranges', () => {
    const table = new LockTable()
    table.set(1, FH, ask(WRITE), never)
    expect(table.set(1, FH, ask(WRITE, { owner: 2n, flock: true }), never)).toBeUndefined()
    expect(table.set(1, FH, ask(READ, { owner: 3n, flock: true }), never)).toBe(Errno.EAGAIN)
    expect(table.set(1, FH, ask(READ, { owner: 2n, flock: true }), never)).toBeUndefined()
    expect(table.set(1, FH, ask(READ, { owner: 3n, flock: true }), never)).toBeUndefined()
    table.dropRanges(1, 2n)
    expect(table.held).toHaveLength(3)
    table.dropFlock(1, 2n)
    table.dropFlock(1, 9n)
    expect(table.held.map(({ owner, flock }) => [owner, flock])).toEqual([
      [1n, false],
      [3n, true],
    ])
  })

  it('drops with an open file what was taken through it, but for flock', () => {
    const table = new LockTable()
    table.set(1, FH, ask(WRITE), never)
    table.set(1, FH, ask(WRITE, { owner: 2n, flock: true }), never)
    table.dropFile(1, FH + 1)
    table.dropFile(2, FH)
    expect(table.set(1, FH + 1, ask(WRITE, { owner: 3n }), never)).toBe(Errno.EAGAIN)
    table.dropFile(1, FH)
    expect(table.set(1, FH + 1, ask(WRITE, { owner: 3n }), never)).toBeUndefined()
    expect(table.held.map(({ owner, flock }) => [owner, flock])).toEqual([
      [2n, true],
      [3n, false],
    ])
  })

  it('goes on with what was held before', () => {
    const table = new LockTable()
    table.set(1, FH, ask(WRITE), never)
    const next = new LockTable()
    next.restore(table.held)
    expect(next.set(1, FH, ask(READ, { owner: 2n }), never)).toBe(Errno.EAGAIN)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InflightQueue, inflightQueueBytes } from './inflight.js'

function fresh(size: number): { bytes: Uint8Array; queue: InflightQueue } {
  const bytes = new Uint8Array(inflightQueueBytes(size))
  const queue = new InflightQueue(bytes, size)
  expect(queue.recover(0)).toEqual([])
  return { bytes, queue }
}

test('the region of a queue has the layout of the specification', () => {
  expect(inflightQueueBytes(1)).toBe(64)
  expect(inflightQueueBytes(3)).toBe(64)
  expect(inflightQueueBytes(4)).toBe(128)
  expect(inflightQueueBytes(1024)).toBe(16 * 1025 + 48)
  const { bytes, queue } = fresh(4)
  const view = new DataView(bytes.buffer)
  expect([view.getUint16(8, true), view.getUint16(10, true)]).toEqual([1, 4])
  queue.take(2)
  queue.take(0)
  expect([bytes[16 + 32], bytes[16], bytes[16 + 16]]).toEqual([1, 1, 0])
  expect(view.getBigUint64(16 + 32 + 8, true)).toBe(1n)
  expect(view.getBigUint64(16 + 8, true)).toBe(2n)
  queue.giveBack(2)
  expect(view.getUint16(12, true)).toBe(2)
  queue.settle(2, 7)
  expect(bytes[16 + 32]).toBe(0)
  expect(view.getUint16(14, true)).toBe(7)
  queue.giveBack(0)
  expect([view.getUint16(12, true), view.getUint16(16 + 6, true)]).toEqual([0, 2])
  expect(() => new InflightQueue(new Uint8Array(64), 4)).toThrow(RangeError)
})

test('what was taken and not returned comes again, in its order', () => {
  const { bytes, queue } = fresh(8)
  for (const head of [5, 1, 7, 0]) queue.take(head)
  queue.giveBack(1)
  queue.settle(1, 1)
  const next = new InflightQueue(bytes, 8)
  expect(next.recover(1)).toEqual([5, 7, 0])
  next.take(1)
  expect(new InflightQueue(bytes, 8).recover(1)).toEqual([5, 7, 0, 1])
})

test('a request that was returned just before the end does not come again', () => {
  const { bytes, queue } = fresh(8)
  for (const head of [5, 1, 7]) queue.take(head)
  queue.giveBack(7)
  // The used index counts it, and the process ended before it could note so.
  expect(new InflightQueue(bytes, 8).recover(1)).toEqual([5, 1])
  queue.giveBack(5)
  // The used index does not count it.
  expect(new InflightQueue(bytes, 8).recover(1)).toEqual([5, 1])
})

test('a region of another size or of nobody is made anew', () => {
  const bytes = new Uint8Array(inflightQueueBytes(8)).fill(0xee)
  expect(new InflightQueue(bytes, 8).recover(300)).toEqual([])
  expect(new DataView(bytes.buffer).getUint16(14, true)).toBe(300)
  expect(new InflightQueue(bytes, 4).recover(0)).toEqual([])
})

test('whatever the region holds, each head comes at most once and in range', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16 + 16 * 8, maxLength: 16 + 16 * 8 }),
      fc.nat(0xffff),
      (noise, index) => {
        const bytes = new Uint8Array(inflightQueueBytes(8))
        bytes.set(noise)
        const view = new DataView(bytes.buffer)
        view.setUint16(8, 1, true)
        view.setUint16(10, 8, true)
        for (let head = 0; head < 8; head += 1) bytes[16 + 16 * head] = (noise[16 + 16 * head] as number) & 1
        const heads = new InflightQueue(bytes, 8).recover(index)
        expect(new Set(heads).size).toBe(heads.length)
        expect(heads.every((head) => head < 8)).toBe(true)
        new InflightQueue(bytes, 8).take(3)
      },
    ),
  )
})

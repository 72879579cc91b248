import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  ASYNC_WAITS_MAX,
  cancelToken,
  close,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  flock,
  flockAsync,
  fsyncAsync,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  ofdGetlk,
  ofdSetlk,
  ofdSetlkWaitAsync,
} from '../src/index.js'
import { minus, temporaryDirectory } from './support.js'

const path = join(temporaryDirectory(), 'file')
writeFileSync(path, 'content')

let a: number
let b: number
beforeEach(() => {
  a = openSync(path, 'r+')
  b = openSync(path, 'r+')
})
afterEach(() => {
  close(a)
  close(b)
})

/** Whether a promise is still pending after a turn of the loop in which settled ones have been delivered. */
async function pending(promise: Promise<number>): Promise<boolean> {
  const probe = await fsyncAsync(a).then(() => Promise.race([promise, Promise.resolve('pending')]))
  return probe === 'pending'
}

test('flock excludes, shares and lets go', async () => {
  expect(flock(a, LOCK_SH)).toBe(0)
  expect(flock(b, LOCK_SH | LOCK_NB)).toBe(0)
  expect(flock(b, LOCK_EX | LOCK_NB)).toBe(minus('EAGAIN'))
  const waiting = flockAsync(b, LOCK_EX, 1)
  expect(await pending(waiting)).toBe(true)
  expect(flock(a, LOCK_UN)).toBe(0)
  expect(await waiting).toBe(0)
  expect(flock(999_999, LOCK_SH)).toBe(minus('EBADF'))
  expect(await flockAsync(999_999, LOCK_SH, 1)).toBe(minus('EBADF'))
})

test('a lock on bytes is in the way of others, and says where', () => {
  const out = new BigInt64Array(4)
  expect(ofdSetlk(a, F_WRLCK, 10n, 5)).toBe(0)
  expect(ofdSetlk(b, F_RDLCK, 14, 1n)).toBe(minus('EAGAIN'))
  expect(ofdSetlk(b, F_RDLCK, 15, 1)).toBe(0)
  expect(ofdGetlk(b, F_RDLCK, 0n, 0n, out)).toBe(0)
  expect([...out]).toEqual([BigInt(F_WRLCK), 10n, 5n, -1n])
  expect(ofdGetlk(b, F_RDLCK, 0, 10, out)).toBe(0)
  expect(out[0]).toBe(BigInt(F_UNLCK))
  expect(ofdSetlk(a, F_UNLCK, 0, 0)).toBe(0)
  const last = 2n ** 63n - 1n
  expect(ofdSetlk(a, F_WRLCK, last, 1n)).toBe(0)
  expect(ofdSetlk(b, F_WRLCK, 0n, last)).toBe(0)
  expect(() => ofdSetlk(a, F_WRLCK, 2n ** 63n, 0n)).toThrow(RangeError)
  expect(() => ofdSetlk(a, F_WRLCK, 2 ** 53, 0n)).toThrow(RangeError)
  expect(() => ofdSetlk(a, 2 ** 16, 0n, 0n)).toThrow(RangeError)
  expect(() => ofdGetlk(a, F_WRLCK, 0n, 0n, new BigInt64Array(3))).toThrow(RangeError)
  expect(ofdSetlk(a, 77, 0n, 0n)).toBe(minus('EINVAL'))
})

test('a wait ends when the lock is free', async () => {
  expect(ofdSetlk(a, F_WRLCK, 0, 0)).toBe(0)
  const waiting = ofdSetlkWaitAsync(b, F_WRLCK, 5n, 1n, 2n ** 64n - 1n)
  expect(await pending(waiting)).toBe(true)
  expect(ofdSetlk(a, F_UNLCK, 5, 1)).toBe(0)
  expect(await waiting).toBe(0)
  expect(ofdSetlk(a, F_WRLCK, 5, 1)).toBe(minus('EAGAIN'))
})

test('a token ends all its waits and no other', async () => {
  expect(flock(a, LOCK_EX)).toBe(0)
  const c = openSync(path, 'r+')
  const first = flockAsync(b, LOCK_EX, 7)
  const second = flockAsync(c, LOCK_EX, 7n)
  const other = flockAsync(c, LOCK_SH, 8)
  expect(await pending(first)).toBe(true)
  expect(cancelToken(7)).toBe(1)
  expect(await Promise.all([first, second])).toEqual([minus('EINTR'), minus('EINTR')])
  expect(await pending(other)).toBe(true)
  expect(cancelToken(7)).toBe(0)
  expect(cancelToken(8n)).toBe(1)
  expect(await other).toBe(minus('EINTR'))
  close(c)
})

test('a cancellation is never lost, however it races with the wait', async () => {
  expect(ofdSetlk(a, F_WRLCK, 0, 0)).toBe(0)
  for (let round = 0; round < 300; round++) {
    const waits = [0, 1, 2].map((i) => ofdSetlkWaitAsync(b, F_WRLCK, i, 1, round))
    if (round % 3 === 1) await new Promise(setImmediate)
    if (round % 3 === 2) await fsyncAsync(b)
    expect(cancelToken(round)).toBe(1)
    expect(await Promise.all(waits)).toEqual([minus('EINTR'), minus('EINTR'), minus('EINTR')])
  }
  expect(ofdSetlk(a, F_UNLCK, 0, 0)).toBe(0)
  expect(ofdSetlk(b, F_WRLCK, 0, 0)).toBe(0)
})

test('a cancellation that races with the lock tells who won', async () => {
  for (let round = 0; round < 200; round++) {
    expect(flock(a, LOCK_EX)).toBe(0)
    const waiting = flockAsync(b, LOCK_EX, 1)
    if (round % 2 === 1) await fsyncAsync(b)
    flock(a, LOCK_UN)
    cancelToken(1)
    const result = await waiting
    expect([0, minus('EINTR')]).toContain(result)
    expect(flock(a, LOCK_EX | LOCK_NB)).toBe(result === 0 ? minus('EAGAIN') : 0)
    flock(b, LOCK_UN)
    flock(a, LOCK_UN)
  }
})

test('hundreds of waits hold up nothing, and beyond the limit they are refused', async () => {
  expect(ofdSetlk(a, F_WRLCK, 0, 0)).toBe(0)
  const waits = Array.from({ length: ASYNC_WAITS_MAX }, (_, i) => ofdSetlkWaitAsync(b, F_WRLCK, i, 1, 42))
  expect(await fsyncAsync(a)).toBe(0)
  expect(await ofdSetlkWaitAsync(b, F_WRLCK, 0, 1, 43)).toBe(minus('ENOLCK'))
  expect(cancelToken(42)).toBe(1)
  expect(new Set(await Promise.all(waits))).toEqual(new Set([minus('EINTR')]))
  expect(ofdSetlk(a, F_UNLCK, 0, 0)).toBe(0)
  expect(await ofdSetlkWaitAsync(b, F_WRLCK, 0, 1, 43)).toBe(0)
})

test('tokens are unsigned', () => {
  for (const token of [-1, -1n, 2n ** 64n, 2 ** 53, 0.5]) {
    expect(() => cancelToken(token)).toThrow(RangeError)
    expect(() => flockAsync(a, LOCK_SH, token)).toThrow(RangeError)
  }
  expect(() => cancelToken('1' as unknown as number)).toThrow(TypeError)
})

import { expect, test } from 'vitest'
import { FlushPace } from './flush-pace.js'

/** Lets so much time pass. */
function wait(milliseconds: number): number {
  for (const start = performance.now(); performance.now() - start < milliseconds; );
  return 7
}

test('calls are slow after one that takes long, and no longer after many that do not', async () => {
  const pace = new FlushPace()
  expect(pace.isSlow).toBe(false)
  expect(pace.time(() => wait(20))).toBe(7)
  expect(pace.isSlow).toBe(true)
  while (pace.isSlow) expect(await pace.timeLater(async () => 8)).toBe(8)
  expect(pace.isSlow).toBe(false)
})

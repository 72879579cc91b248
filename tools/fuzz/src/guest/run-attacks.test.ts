import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { attacks } from './attacks.js'
import { attacked } from './run-attacks.js'

test('what a test says is read, and nothing else', () => {
  expect(attacked('  attacked {"inputs":7,"rssMiB":[1,2],"served":3}')).toMatchObject({
    inputs: 7,
    rssMiB: [1, 2],
  })
  expect(attacked('memory replaced in flight: 2000 rounds, FB_ATTACK_SEED=1')).toBeUndefined()
})

test('the shares are the whole, and each test is there', () => {
  expect(attacks.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  for (const { folder, file, test: name } of attacks) {
    const path = fileURLToPath(new URL(`../../../../packages/${folder}/${file}`, import.meta.url))
    expect(existsSync(path), path).toBe(true)
    expect(readFileSync(path, 'utf8')).toContain(name)
  }
})

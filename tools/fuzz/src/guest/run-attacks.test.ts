import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { attacks } from './attacks.js'
import { attacked, runAttack } from './run-attacks.js'

const INPUTS = 2000

test('what a test says is read, and nothing else', () => {
  expect(attacked('  attacked {"inputs":7,"digest":"ab","served":3}')).toMatchObject({
    inputs: 7,
    digest: 'ab',
  })
  expect(attacked('memory replaced in flight: 2000 inputs, FB_ATTACK_SEED=1')).toBeUndefined()
})

test('the shares are the whole, and each test is there', () => {
  expect(attacks.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  for (const { folder, file, test: name } of attacks) {
    const path = fileURLToPath(new URL(`../../../../${folder}/${file}`, import.meta.url))
    expect(existsSync(path), path).toBe(true)
    // Names of groups come before the name in the file.
    const own = name.replace(/^with \d serving threads /, '')
    expect(readFileSync(path, 'utf8')).toContain(own)
  }
})

test.each(attacks.filter(({ test: name }) => /^(random descriptors|come back)/.test(name)))(
  'a seed sends the same again, and another one something else: $test',
  { timeout: 120_000 },
  async (attack) => {
    const digests: (string | undefined)[] = []
    for (const seed of [1, 1, 2]) {
      const { code, report } = await runAttack(attack, INPUTS, seed)
      expect([code, report?.inputs]).toEqual([0, expect.any(Number)])
      expect(report?.inputs).toBeGreaterThanOrEqual(INPUTS)
      digests.push(report?.digest)
    }
    const [first, again, other] = digests
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  },
)

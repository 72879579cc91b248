import { Opcode, opcodes } from '@fb/abi'
import { expect, it } from 'vitest'
import { CASES_PER_ROUND, fuzzRound } from './fuzz.js'

/** Another seed for each run; a failure prints it, and `fuzzRound(seed, round)` plays it again. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32)
const ROUNDS = 150

/** Operations that a server answers with success, which is to say that a file system can serve. */
const served = Object.values(opcodes)
  .filter(({ code, noReply }) => !noReply && code !== Opcode.CUSE_INIT)
  .map(({ name }) => name)

it(`answers every mutated request exactly once (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const total = { cases: 0, successes: 0, errors: 0 }
  const succeeded = new Set<string>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const result = await fuzzRound(SEED, round)
    total.cases += result.cases
    total.successes += result.successes
    total.errors += result.errors
    for (const name of result.succeeded) succeeded.add(name)
  }
  console.log(
    `seed ${SEED}: ${total.cases} requests, ${total.successes} answered with success, ${total.errors} with an error`,
  )
  expect(total.cases).toBeGreaterThanOrEqual(ROUNDS * CASES_PER_ROUND)
  expect([...succeeded].sort()).toEqual([...served].sort())
})

it('gives the same requests for the same seed', async () => {
  const first = await fuzzRound(7, 3)
  expect(await fuzzRound(7, 3)).toEqual(first)
  expect(await fuzzRound(7, 4)).not.toEqual(first)
})

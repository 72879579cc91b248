import { Opcode, opcodes } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import { operations } from '../../test/operations.js'
import { Errno } from '../errno.js'
import type { FileSystem } from '../file-system.js'
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

describe("a file system of one's own", () => {
  const refusing = Object.fromEntries(
    operations.map(({ method }) => [method, () => Errno.EDQUOT]),
  ) as FileSystem
  const agreeable: FileSystem = {
    ...(Object.fromEntries(operations.map(({ method, give }) => [method, give])) as FileSystem),
    read: (_node, _fh, _offset, sink) => new Uint8Array(Math.min(sink.size, 100)),
    write: (_node, _fh, _offset, source) => source.bytes().length,
    ioctl: (_node, _fh, { outputSize }) => ({ result: 0, output: new Uint8Array(Math.min(outputSize, 100)) }),
  }
  const patient = Object.fromEntries(
    Object.entries(agreeable).map(([method, give]) => [method, async (...args: never[]) => give(...args)]),
  ) as FileSystem

  it.each([
    ['refuses all', refusing],
    ['agrees to all', agreeable],
    ['agrees later', patient],
  ])('that %s never makes the server throw', async (_what, fs) => {
    for (let round = 0; round < 10; round += 1) await fuzzRound(SEED, round, () => fs)
  })

  it('is told of what it throws', async () => {
    const fs: FileSystem = {
      lookup() {
        throw new TypeError('a mistake')
      },
    }
    await expect(fuzzRound(1, 0, () => fs)).rejects.toMatchObject({
      name: 'FuzzFailure',
      message: expect.stringMatching(/^a method threw \(seed 1, round 0, request of \d+ bytes: [0-9a-f]+\)$/),
      cause: new TypeError('a mistake'),
    })
  })
})

it('gives the same requests for the same seed', async () => {
  const first = await fuzzRound(7, 3)
  expect(await fuzzRound(7, 3)).toEqual(first)
  expect(await fuzzRound(7, 4)).not.toEqual(first)
})

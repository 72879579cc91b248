import { FuzzFailure, fuzzRound } from '@fb/api/testing'
import { runAttacks } from './guest/run-attacks.js'
import { parseOptions } from './options.js'

const MS_PER_MINUTE = 60_000
const REPORT_EVERY_MS = 5000
const MIB = 2 ** 20

const options = parseOptions(process.argv.slice(2), Date.now() % 2 ** 32)
const began = Date.now()
const deadline = began + options.minutes * MS_PER_MINUTE
const total = { rounds: 0, cases: 0, successes: 0, errors: 0 }

function report(): void {
  const seconds = (Date.now() - began) / 1000
  const rss = process.memoryUsage.rss() / MIB
  console.log(
    `${seconds.toFixed(0).padStart(5)} s  seed ${options.seed}  ${total.rounds} rounds  ${total.cases} requests: ` +
      `${total.successes} answered with success, ${total.errors} with an error; RSS ${rss.toFixed(0)} MiB`,
  )
}

async function play(round: number): Promise<void> {
  const { cases, successes, errors } = await fuzzRound(options.seed, round)
  total.rounds += 1
  total.cases += cases
  total.successes += successes
  total.errors += errors
}

async function attackGuestSide(inputs: number): Promise<void> {
  const { inputs: sent, failed } = await runAttacks(inputs, options.seed)
  console.log(`${sent} hostile inputs, seed ${options.seed}: ${failed.length} of the attacks failed`)
  for (const { folder, test } of failed) console.error(`failed: ${folder}: ${test}`)
  if (failed.length === 0) return
  console.error(
    `play it again: --guest-inputs ${inputs} --seed ${options.seed}, or as the test's own line says`,
  )
  process.exitCode = 1
}

async function main(): Promise<void> {
  if (options.round !== undefined) return play(options.round)
  let reported = began
  for (let round = 0; Date.now() < deadline; round += 1) {
    await play(round)
    if (Date.now() - reported < REPORT_EVERY_MS) continue
    reported = Date.now()
    report()
  }
}

try {
  if (options.guestInputs === undefined) {
    await main()
    report()
  } else {
    await attackGuestSide(options.guestInputs)
  }
} catch (error) {
  report()
  console.error(error)
  if (error instanceof FuzzFailure)
    console.error(`play it again: --seed ${options.seed} --round ${total.rounds}`)
  process.exitCode = 1
}

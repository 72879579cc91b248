// npm test [-- arguments of vitest]
//
// Installs and builds what is missing, runs the tests of all packages and tools, and ends with the line
// "N passed, N failed, N skipped", made from what vitest reported. Exit code 0 only when nothing failed.
import { build } from './lib/build.mjs'
import { installMissing } from './lib/debian.mjs'
import { fetchGuestParts } from './lib/guest-parts.mjs'
import { install } from './lib/install.mjs'
import { checkPlatform } from './lib/platform.mjs'
import { Problem } from './lib/problem.mjs'
import { toBootGuests, toBuild, toTest } from './lib/requirements.mjs'
import { runTests } from './lib/run-tests.mjs'
import { say } from './lib/say.mjs'
import { count, countsLine, details } from './lib/summary.mjs'

/** Tests that need what cannot be installed skip and say so. */
async function installForTests() {
  try {
    await installMissing([...toTest, ...toBootGuests])
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    say(`${error.message}\nTests that need them are skipped.`)
  }
}

async function main() {
  checkPlatform()
  await installMissing(toBuild)
  await installForTests()
  await install()
  await build()
  await fetchGuestParts()
  const { result, succeeded } = await runTests(process.argv.slice(2))
  const counts = count(result, succeeded)
  for (const line of details(result)) say(line)
  say(countsLine(counts))
  return counts.failed === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  // However it ends, the last line is a result.
  say(error instanceof Problem ? error.message : String(error instanceof Error ? error.stack : error))
  say(countsLine({ passed: 0, failed: 1, skipped: 0 }))
  process.exitCode = 1
}

/** Something that the person at the terminal has to put right: printed without a stack, exit code 1. */
export class Problem extends Error {}

/**
 * Runs a program of this folder to its end and sets the exit code.
 *
 * @param {() => Promise<number>} main gives the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

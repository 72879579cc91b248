import { Command, InvalidArgumentError } from 'commander'

/** What one run does. */
export interface FuzzOptions {
  readonly minutes: number
  readonly seed: number
  /** The one round to play again, `undefined` for all of them. */
  readonly round: number | undefined
  /** Attack what serves guests, with so many inputs, instead of the server. */
  readonly guestInputs: number | undefined
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0')
  return value
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number')
  return value
}

/** Reads the command line. A `--` in front, as pnpm passes it on, is ignored. Exits where it is wrong. */
export function parseOptions(args: readonly string[], newSeed: number): FuzzOptions {
  const command = new Command('fuzz')
    .description(
      'Send mutated requests to the server and check every reply. Ends with 1 at the first failure.',
    )
    .option('--minutes <n>', 'how long', positive, 1)
    .option('--seed <n>', 'where to begin; another one for each run by default', whole, newSeed)
    .option('--round <n>', 'play one round of the seed again, as a failure names it', whole)
    .option(
      '--guest-inputs <n>',
      'instead: send so many hostile rings, descriptors, requests, messages and memory tables to what serves guests',
      positive,
    )
  const { minutes, seed, round, guestInputs } = command
    .parse(args[0] === '--' ? args.slice(1) : args, { from: 'user' })
    .opts<{ minutes: number; seed: number; round?: number; guestInputs?: number }>()
  return { minutes, seed, round, guestInputs }
}

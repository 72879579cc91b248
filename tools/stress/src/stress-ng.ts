import { run } from '@fb/testbed'

/** Stressors of the class that never touch the tested directory, or want what a kernel rarely has. */
const NOT_OF_A_FILE_SYSTEM = 'binderfs,eventfd,ioprio,procfs'
const HOUR_MS = 3600 * 1000

/**
 * Runs stressors of stress-ng in a directory, one after the other, two processes each.
 *
 * @param stressors - their names; without, all of the class that is about file systems
 * @throws Error with what it says, where one fails
 */
export async function runStressNg(
  directory: string,
  { seconds, stressors = [] }: { readonly seconds: number; readonly stressors?: readonly string[] },
): Promise<void> {
  const all = ['--class', 'filesystem', '--exclude', NOT_OF_A_FILE_SYSTEM, '--sequential', '2']
  const which = stressors.length === 0 ? all : stressors.flatMap((name) => [`--${name}`, '2'])
  const how = ['--timeout', `${seconds}s`, '--verify', '--temp-path', directory]
  await run('stress-ng', [...which, ...how], { timeout: HOUR_MS })
}

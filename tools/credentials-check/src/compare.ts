import type { Case } from './cases/case.js'
import type { Outcome } from './worker.js'

const S_ISUID = 0o4000
const S_ISGID = 0o2000

/** What cases came to somewhere. */
export interface Outcomes {
  /** As the one who acted saw it. */
  readonly seen: ReadonlyMap<string, Outcome>
  /** What was there when all had been run, seen from the host where the place is served by it. */
  readonly behind: ReadonlyMap<string, string>
}

/** A case that came out otherwise than on the disk. */
export interface Difference {
  readonly case: Case
  readonly what: (typeof WHAT)[number]
  readonly disk: string
  readonly here: string
}

/** Compares with the disk: the first thing in each case that differs. Throws where one was not run. */
export function compare(cases: readonly Case[], disk: Outcomes, there: Outcomes): Difference[] {
  return cases.flatMap((each) => {
    const [expected, found] = [disk, there].map((outcomes) => threeOf(outcomes, each.name)) as [Three, Three]
    const what = WHAT.find((name) => expected[name] !== found[name])
    return what === undefined ? [] : [{ case: each, what, disk: expected[what], here: found[what] }]
  })
}

const WHAT = ['results', 'what is left', 'what is left behind it'] as const
type Three = Readonly<Record<(typeof WHAT)[number], string>>

function threeOf({ seen, behind }: Outcomes, name: string): Three {
  const [outcome, left] = [seen.get(name), behind.get(name)]
  if (outcome === undefined || left === undefined) throw new Error(`${name} was not run`)
  return { results: outcome.results, 'what is left': outcome.left, 'what is left behind it': left }
}

/** A difference in words. */
export function describeDifference({ case: { name, steps }, what, disk, here }: Difference): string {
  return `${name}: ${steps.join('; ')}\n  ${what} on the disk: ${disk}\n  ${what} here:        ${here}`
}

/**
 * Whether a difference is in set-id bits alone, and the caller one of whom a guest's requests do not tell enough: its
 * supplementary groups (set-gid), or capabilities that its user does not have otherwise (both). Processes of a guest cannot be
 * looked up.
 */
export function isOfUntoldCaller({ case: { steps }, disk, here }: Difference): boolean {
  const [, , , groups, capabilities] = steps.find((step) => step.startsWith('as '))?.split(' ') ?? []
  const untold = capabilities !== '-' ? S_ISUID | S_ISGID : groups !== '-' ? S_ISGID : 0
  const without = (text: string): string =>
    text.replaceAll(/\b10[0-7]{4}\b/g, (mode) => (Number.parseInt(mode, 8) & ~untold).toString(8))
  return without(disk) === without(here)
}

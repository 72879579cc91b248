import { median } from '../table.js'

/** A middle value, and between which values it lies, whatever the distribution, in 95 of 100 cases. */
export interface Estimate {
  readonly middle: number
  readonly low: number
  readonly high: number
}

/** Half the width of a confidence interval of 95 % for a median, in standard deviations of its rank. */
const WIDTH = 1.96

/** The median of values, with the order statistics around it that a binomial distribution gives. */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b)
  const half = (WIDTH * Math.sqrt(sorted.length)) / 2
  const at = (rank: number): number => sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? 0
  return {
    middle: median(values),
    low: at(Math.floor((sorted.length - 1) / 2 - half)),
    high: at(Math.ceil(sorted.length / 2 + half)),
  }
}

/** Round by round, what one did against what another did in the same round. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round]
    return other === undefined || other === 0 ? [] : [value / other]
  })
}

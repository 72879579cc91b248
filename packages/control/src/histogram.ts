/**
 * Where a part of all values lies: the upper bound of the first bucket that reaches it, in seconds; `undefined` where there
 * are no values, Infinity beyond the last bound.
 * @param buckets how many values are in each, the last being for what is beyond all bounds
 * @param part 0...1, such as 0.99
 */
export function quantile(
  bounds: readonly number[],
  buckets: readonly number[],
  part: number,
): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let seen = 0
  for (const [at, count] of buckets.entries()) {
    seen += count
    if (seen >= total * part && count > 0) return bounds[at] ?? Number.POSITIVE_INFINITY
  }
  return Number.POSITIVE_INFINITY
}

/** Seconds for people, such as `25 us`; `-` for none. */
export function shownSeconds(seconds: number | undefined): string {
  if (seconds === undefined) return '-'
  if (seconds === Number.POSITIVE_INFINITY) return 'longer'
  if (seconds < 1e-3) return `${rounded(seconds * 1e6)} us`
  return seconds < 1 ? `${rounded(seconds * 1e3)} ms` : `${rounded(seconds)} s`
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}

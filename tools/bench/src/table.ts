/** Results of one test: operations per second of every round, by candidate. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/** Middle value; of an even count, the lower of the two in the middle. 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

/** A number of operations per second, short. */
export function short(value: number): string {
  if (value >= 100_000) return `${(value / 1000).toFixed(0)}k`
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}k`
  return value.toFixed(0)
}

/**
 * A Markdown table: a row per test, a column per candidate with its median and, in parentheses, its ratio to
 * the disk; behind them ours against the best peer.
 */
export function renderTable(
  results: ReadonlyMap<string, Rounds>,
  candidates: readonly string[],
  ours: string,
): string {
  const peers = candidates.filter((name) => name !== 'disk' && name !== ours)
  const lines = [
    `| test | ${candidates.join(' | ')} |${peers.length > 0 ? ` ${ours} / best peer |` : ''}`,
    `|---|${candidates.map(() => '---:|').join('')}${peers.length > 0 ? '---:|' : ''}`,
  ]
  for (const [test, rounds] of results) {
    const of = (name: string) => median(rounds.get(name) ?? [])
    const base = of('disk')
    const cells = candidates.map((name) =>
      name === 'disk' || base === 0
        ? short(of(name))
        : `${short(of(name))} (${(of(name) / base).toFixed(2)})`,
    )
    const best = Math.max(...peers.map(of))
    const verdict = peers.length > 0 ? ` ${best > 0 ? (of(ours) / best).toFixed(2) : '-'} |` : ''
    lines.push(`| ${test} | ${cells.join(' | ')} |${verdict}`)
  }
  return lines.join('\n')
}

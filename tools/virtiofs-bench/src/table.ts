import type { Result } from './result.js'

/** Results of every round, by workload and daemon. */
export type Rounds = ReadonlyMap<string, ReadonlyMap<string, readonly Result[]>>

/** Middle value; of an even count, the lower of the two in the middle. 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}

const COLUMNS: readonly { title: string; of(result: Result): number; digits: number }[] = [
  { title: 'operations/s', of: ({ rate }) => rate, digits: 0 },
  { title: 'kicks', of: ({ kicks }) => kicks, digits: 2 },
  { title: 'calls', of: ({ calls }) => calls, digits: 2 },
  { title: 'CPU us', of: ({ cpu }) => cpu, digits: 0 },
]

/** A Markdown table: a row per workload and daemon, medians over the rounds; kicks, calls and CPU time per operation. */
export function renderTable(rounds: Rounds): string {
  const lines = [
    `| workload | daemon | ${COLUMNS.map(({ title }) => title).join(' | ')} |`,
    `|---|---|${COLUMNS.map(() => '---:|').join('')}`,
  ]
  for (const [workload, daemons] of rounds) {
    for (const [daemon, results] of daemons) {
      const cells = COLUMNS.map(({ of, digits }) => median(results.map(of)).toFixed(digits))
      lines.push(`| ${workload} | ${daemon} | ${cells.join(' | ')} |`)
    }
  }
  return lines.join('\n')
}

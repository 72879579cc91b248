import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from './control-client.js'
import type { OperationNumbers, Stats } from './control-protocol.js'
import { shownLoad, sum } from './ctl-output.js'
import { quantile, shownSeconds } from './histogram.js'
import { table } from './table.js'

/** Where a view is shown. */
export interface Screen {
  write(text: string): void
  /** Lines that it has, where rounds replace each other; `undefined` where they follow each other. */
  rows(): number | undefined
}

/** Options of {@link top}. */
export interface TopOptions {
  /** Seconds between two rounds. */
  readonly interval: number
  /** How many rounds; without end where it is not set. */
  readonly count?: number
  /** Each round as a line of JSON. */
  readonly json: boolean
}

/** What one operation on one mount has done between two rounds. */
export interface Rate {
  readonly path: string
  readonly operation: string
  /** Each second. */
  readonly operations: number
  readonly errors: number
  readonly bytes: number
  /** Seconds. */
  readonly mean: number
  readonly p50: number | undefined
  readonly p99: number | undefined
  readonly inFlight: number
}

const MILLISECONDS = 1000
const KIB = 1024
/** Lines of a screen that are not for rates: two of headings, and where the cursor is. */
const HEADING_ROWS = 3
const CLEAR = '\x1b[H\x1b[2J'

/** Shows what a daemon does, round after round. Resolves after the last one; rejects where the daemon ends. */
export async function top(client: ControlClient, screen: Screen, options: TopOptions): Promise<void> {
  const { interval, count = Number.POSITIVE_INFINITY, json } = options
  let before = await ask(client)
  let since = performance.now()
  for (let round = 0; round < count; round += 1) {
    await sleep(interval * MILLISECONDS)
    const stats = await ask(client)
    const now = performance.now()
    const rates = ratesBetween(before, stats, (now - since) / MILLISECONDS)
    if (json) screen.write(`${JSON.stringify({ inFlight: stats.inFlight, held: stats.held, rates })}\n`)
    else screen.write(shownRound(stats, rates, screen.rows(), round === 0))
    before = stats
    since = now
  }
}

/** What was done between two answers to `stats`, the most frequent first. A mount that is new counts from nothing. */
export function ratesBetween(before: Stats, after: Stats, seconds: number): Rate[] {
  const known = new Map(before.mounts.map((mount) => [mount.id, mount.operations]))
  const rates = after.mounts.flatMap(({ id, path, operations }) =>
    Object.entries(operations).map(([operation, numbers]) => {
      const rate = rateOf(numbers, known.get(id)?.[operation], after.bounds, seconds)
      return { path, operation, ...rate }
    }),
  )
  return rates
    .filter(({ operations, inFlight }) => operations > 0 || inFlight > 0)
    .sort((a, b) => b.operations - a.operations)
}

function rateOf(
  now: OperationNumbers,
  before: OperationNumbers | undefined,
  bounds: readonly number[],
  seconds: number,
): Omit<Rate, 'path' | 'operation'> {
  const buckets = now.buckets.map((count, at) => count - (before?.buckets[at] ?? 0))
  const count = now.count - (before?.count ?? 0)
  return {
    operations: count / seconds,
    errors: (sum(now.errors) - sum(before?.errors ?? {})) / seconds,
    bytes: (now.bytes - (before?.bytes ?? 0)) / seconds,
    mean: count === 0 ? 0 : (now.seconds - (before?.seconds ?? 0)) / count,
    p50: quantile(bounds, buckets, 0.5),
    p99: quantile(bounds, buckets, 0.99),
    inFlight: now.inFlight,
  }
}

function shownRound(
  stats: Stats,
  rates: readonly Rate[],
  rows: number | undefined,
  isFirst: boolean,
): string {
  const start = rows !== undefined ? CLEAR : isFirst ? '' : '\n'
  const total = rates.reduce((all, { operations }) => all + operations, 0)
  const fitting = rows === undefined ? rates : rates.slice(0, Math.max(0, rows - HEADING_ROWS))
  return `${start}${Math.round(total)} operations/s, ${shownLoad(stats)}${shownRates(fitting)}`
}

function shownRates(rates: readonly Rate[]): string {
  const rows = rates.map((rate) => [
    ...[rate.path, rate.operation, Math.round(rate.operations), Math.round(rate.errors)],
    ...[
      Math.round(rate.bytes / KIB),
      shownSeconds(rate.mean),
      shownSeconds(rate.p50),
      shownSeconds(rate.p99),
    ],
    rate.inFlight,
  ])
  return table([['PATH', 'OPERATION', 'OPS/S', 'ERR/S', 'KIB/S', 'MEAN', 'P50', 'P99', 'NOW'], ...rows])
}

async function ask(client: ControlClient): Promise<Stats> {
  return (await client.request({ command: 'stats', format: 'json' })) as Stats
}

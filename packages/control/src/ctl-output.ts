import type { ControlResults, MountEntry, Stats, Status } from './control-protocol.js'
import { quantile, shownSeconds } from './histogram.js'
import { table } from './table.js'

const MIB = 2 ** 20

/** `status` for people. */
export function shownStatus(status: Status): string {
  const { resumesIn } = status
  const state = status.quiesced
    ? `stopped until resume${resumesIn === undefined ? '' : `, ${resumesIn} s at most`}`
    : status.connected
      ? 'serving'
      : 'waiting for a client'
  const rows: [string, string | number][] = [
    ['program', `${status.program} ${status.version}, pid ${status.pid}`],
    ['serving', status.serving],
    ['state', state],
    ['up', `${Math.round(status.uptime)} s`],
    ['mounts', status.mounts],
    ['in flight', `${status.inFlight}, and ${status.held} wait for resume`],
    ['log level', status.logLevel],
    ['memory', `${(status.rss / MIB).toFixed(1)} MiB`],
    ['descriptors', status.descriptors],
  ]
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}\n`).join('')
}

/** `list` for people. */
export function shownMounts({ mounts }: ControlResults['list']): string {
  const rows = mounts.map((mount) => [
    mount.path,
    mount.source ?? '(files)',
    mount.ro === true ? 'ro' : 'rw',
    mount.state,
    ...used(mount),
  ])
  return table([['PATH', 'SOURCE', 'MODE', 'STATE', 'INODES', 'OPEN'], ...rows])
}

/** `stats` for people, or as Prometheus has it. */
export function shownStats(stats: ControlResults['stats']): string {
  if ('text' in stats) return stats.text
  const rows = stats.mounts.flatMap(({ path, operations }) =>
    Object.entries(operations).map(([operation, { count, inFlight, bytes, errors, buckets }]) => [
      ...[path, operation, count, sum(errors), inFlight, bytes],
      ...[0.5, 0.99].map((part) => shownSeconds(quantile(stats.bounds, buckets, part))),
    ]),
  )
  return `${shownLoad(stats)}${table([['PATH', 'OPERATION', 'COUNT', 'ERRORS', 'NOW', 'BYTES', 'P50', 'P99'], ...rows])}`
}

/** One line: how much there is, and how much is under way. */
export function shownLoad({ mounts, inFlight, held }: Stats): string {
  const inodes = mounts.reduce((total, mount) => total + (mount.inodes ?? 0), 0)
  const openFiles = mounts.reduce((total, mount) => total + mount.openFiles, 0)
  const parts = [`${mounts.length} mounts`, `${inodes} inodes`, `${openFiles} open`, `${inFlight} in flight`]
  return `${[...parts, ...(held > 0 ? [`${held} held`] : [])].join(', ')}\n`
}

/** How many there are altogether. */
export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function used({ inodes, openFiles }: Pick<MountEntry, 'inodes' | 'openFiles'>): (string | number)[] {
  return [inodes ?? '-', openFiles]
}

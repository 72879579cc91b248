import { setTimeout as sleep } from 'node:timers/promises'
import { GuestError } from './guest-error.js'
import { Monitor } from './monitor.js'

/** How a guest is moved. */
export interface MigrationOptions {
  /** Sockets of the back ends that the other QEMU uses, in the order of the mounts. */
  readonly sockets: readonly string[]
  /** Most bytes per second: how long the guest runs meanwhile depends on it. 128 MiB by default. */
  readonly bandwidth?: number
  /** Most milliseconds for which QEMU may expect the guest to stand still: the less, the longer it tries. 500 by default. */
  readonly downtimeMs?: number
  /** After so many milliseconds it is given up; 60 000 by default. */
  readonly timeoutMs?: number
  /** Called again and again with how often memory has been looked through: the first time, all of it is sent. */
  readonly onProgress?: (rounds: number) => void
}

/** How it went: milliseconds, and how often memory was looked through. */
export interface MigrationResult {
  readonly totalTime: number
  readonly downtime: number
  readonly rounds: number
}

const DEFAULT_BANDWIDTH = 128 * 1024 * 1024
const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_DOWNTIME_MS = 500
const POLL_MS = 20

/** `query-migrate`, as far as it matters. */
interface MigrationInfo {
  readonly status?: string
  readonly 'error-desc'?: string
  readonly 'total-time'?: number
  readonly downtime?: number
  readonly ram?: { readonly 'dirty-sync-count': number }
}

/**
 * Has one QEMU send its machine to another one that waits for it at a Unix socket.
 * @param monitor - socket of the sender's monitor
 * @throws GuestError with what QEMU says; the machine runs on where it is then
 */
export async function migrate(
  monitor: string,
  to: string,
  options: MigrationOptions,
): Promise<MigrationResult> {
  const { bandwidth = DEFAULT_BANDWIDTH, downtimeMs = DEFAULT_DOWNTIME_MS } = options
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options
  return Monitor.with(monitor, async (source) => {
    const limits = { 'max-bandwidth': bandwidth, 'downtime-limit': downtimeMs }
    await source.execute('migrate-set-parameters', limits)
    // Otherwise the sender takes it for done when it has sent everything, whatever comes of it.
    const capabilities = [{ capability: 'return-path', state: true }]
    await source.execute('migrate-set-capabilities', { capabilities })
    await source.execute('migrate', { uri: `unix:${to}` })
    for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(POLL_MS)) {
      const info = (await source.execute('query-migrate')) as MigrationInfo
      if (info.status === 'failed') throw new GuestError(`the migration failed: ${info['error-desc'] ?? ''}`)
      const rounds = info.ram?.['dirty-sync-count'] ?? 0
      options.onProgress?.(rounds)
      if (info.status !== 'completed') continue
      const { 'total-time': totalTime = 0, downtime = 0 } = info
      return { totalTime, downtime, rounds }
    }
    await source.execute('migrate_cancel')
    throw new GuestError(`no end of the migration within ${timeoutMs} ms`)
  })
}

import { readFileSync } from 'node:fs'
import { close, dup } from '@fb/sys'

/** Bits of the capability sets (include/uapi/linux/capability.h). */
const CAP_SETGID = 6n
const CAP_SETUID = 7n

/** What RLIMIT_NOFILE is taken for where it cannot be read, or is infinite. */
const FALLBACK_LIMIT = 1024
const MOST = 1024 * 1024

/** The soft RLIMIT_NOFILE of this process, at most 1 Mi. */
export function descriptorLimit(): number {
  const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  if (match === null) return FALLBACK_LIMIT
  return match[1] === 'unlimited' ? MOST : Math.min(Number(match[1]), MOST)
}

/** As whom a thread acts on files, and whether it may act as anybody else. */
export interface ThreadIdentity {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups alone; `process.getgroups()` adds the effective one. */
  readonly groups: readonly number[]
  /** CAP_SETUID and CAP_SETGID. */
  readonly switchesUser: boolean
}

/** The identity of this thread. */
export function threadIdentity(): ThreadIdentity {
  const status = readFileSync('/proc/thread-self/status', 'utf8')
  const numbers = (field: string): number[] =>
    (new RegExp(`^${field}:(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).map(Number)
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  return {
    // Real, effective, saved, and that of the file system.
    uid: numbers('Uid')[3] ?? 0,
    gid: numbers('Gid')[3] ?? 0,
    groups: numbers('Groups'),
    switchesUser: ((effective >> CAP_SETUID) & (effective >> CAP_SETGID) & 1n) === 1n,
  }
}

/** How many descriptors each purpose may take. */
export interface DescriptorBudget {
  readonly cached: number
  readonly held: number
  readonly open: number
  readonly locks: number
}

/** Descriptors that are left to the rest of the process. */
const RESERVE = 128
/** Most cached descriptors by default: more do not make a busy tree faster. */
const MOST_CACHED = 4096

/**
 * Divides `limit` descriptors, so that no purpose can starve another: what a client does may end in ENFILE for that
 * client, never in a server that cannot accept, log or close.
 */
export function descriptorBudget(limit: number, fileHandles: boolean): DescriptorBudget {
  const usable = Math.max(limit - RESERVE, 16)
  const cached = fileHandles ? Math.max(1, Math.min(Math.floor(usable / 4), MOST_CACHED)) : 1
  const held = Math.max(1, Math.floor(usable / (fileHandles ? 4 : 2)))
  const locks = Math.max(1, Math.min(Math.floor(usable / 16), 1024))
  return { cached, held, open: Math.max(1, usable - cached - held - locks), locks }
}

/** Descriptors for which the process has room from the start. */
const ROOM = 16_384

/**
 * Lets the kernel make its table of our descriptors large at once. A process with several threads waits some ten
 * milliseconds for each time that it doubles, which would fall into the first requests.
 */
export function growDescriptorTable(fd: number): void {
  const high = dup(fd, Math.min(ROOM, descriptorLimit()) - 1)
  if (high >= 0) close(high)
}

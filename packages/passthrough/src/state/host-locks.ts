import { readFileSync } from 'node:fs'
import { F_RDLCK, F_WRLCK } from '@fb/sys'

/** A lock that an open file description has on the host. */
export interface HeldLock {
  /** flock(2), else an OFD lock of fcntl(2). */
  readonly flock: boolean
  /** F_RDLCK or F_WRLCK. */
  readonly type: number
  readonly start: bigint
  /** Bytes; 0 to the end of the file, however far that is. */
  readonly length: bigint
}

/** `lock:\t1: OFDLCK ADVISORY  WRITE -1 fe:00:1234 0 EOF` (proc(5), fdinfo). */
const LINE = /^lock:\s+\d+: (OFDLCK|FLOCK)\s+ADVISORY\s+(READ|WRITE)\s+\S+\s+\S+\s+(\d+)\s+(\d+|EOF)$/gm

/** The locks of a descriptor of this process. Waits of others for them are not among them. */
export function locksOf(fd: number): HeldLock[] {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')
  if (!text.includes('lock:')) return []
  return [...text.matchAll(LINE)].map(([, kind, type, first = '', last = '']) => {
    const start = BigInt(first)
    return {
      flock: kind === 'FLOCK',
      type: type === 'READ' ? F_RDLCK : F_WRLCK,
      start,
      length: last === 'EOF' ? 0n : BigInt(last) - start + 1n,
    }
  })
}

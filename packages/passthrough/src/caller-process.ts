import { readFileSync } from 'node:fs'

/** Bit of the capability sets (include/uapi/linux/capability.h). */
const CAP_FSETID = 4n

/** What a request does not say of the process that makes it. */
export interface CallerProcess {
  /** Supplementary groups. */
  readonly groups: readonly number[]
  /** CAP_FSETID: set-id bits stay when it changes a file. */
  readonly keepsSetId: boolean
}

/**
 * Looks a calling thread up in /proc (proc(5), `status`). `undefined` where it is not there. Only for callers of this machine:
 * the number of a guest's process is that of another one here.
 */
export function callerProcess(pid: number): CallerProcess | undefined {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return undefined
  }
  const groups = /^Groups:(.*)$/m.exec(status)?.[1] ?? ''
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return {
    groups: groups.split(/\s+/).filter(Boolean).map(Number),
    keepsSetId: ((BigInt(`0x${effective}`) >> CAP_FSETID) & 1n) === 1n,
  }
}

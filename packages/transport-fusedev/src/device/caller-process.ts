import { readFileSync, readlinkSync } from 'node:fs'
import type { CallerProcess } from '@fb/api'

/** Bit of the capability sets (include/uapi/linux/capability.h). */
const CAP_FSETID = 4n

/**
 * Looks a calling thread up in /proc (proc(5), `status`). `undefined` where it is not there, as those of
 * write-back and readahead.
 */
export function callerProcess(pid: number): CallerProcess | undefined {
  let status: string
  let isNative: boolean
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1')
    // In a user namespace of its own it has capabilities over what is in there only (user_namespaces(7)).
    isNative = readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync('/proc/self/ns/user')
  } catch {
    return undefined
  }
  const groups = /^Groups:(.*)$/m.exec(status)?.[1] ?? ''
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return {
    groups: groups.split(/\s+/).filter(Boolean).map(Number),
    keepsSetId: isNative && ((BigInt(`0x${effective}`) >> CAP_FSETID) & 1n) === 1n,
  }
}

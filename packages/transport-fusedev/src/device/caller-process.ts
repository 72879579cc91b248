import { readFileSync, readlinkSync } from 'node:fs'
import type { CallerProcess } from '@fb/api'

/** Bits of the capability sets (include/uapi/linux/capability.h). */
const CAP_FOWNER = 3n
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
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  const has = (capability: bigint): boolean => isNative && ((effective >> capability) & 1n) === 1n
  return {
    groups: groups.split(/\s+/).filter(Boolean).map(Number),
    ownsAll: has(CAP_FOWNER),
    keepsSetId: has(CAP_FSETID),
  }
}

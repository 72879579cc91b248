import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** The descriptors of this process that are open, but for the one that lists them. */
export function openFds(): number[] {
  return readdirSync('/proc/self/fd')
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) !== ''
      } catch {
        return false
      }
    })
    .map(Number)
    .sort((a, b) => a - b)
}

/** What descriptors lead to, for a message that says which were left open. */
export function describeFds(fds: readonly number[]): string[] {
  return fds.map((fd) => {
    try {
      return `${fd} -> ${readlinkSync(`/proc/self/fd/${fd}`)}`
    } catch {
      return `${fd} (closed)`
    }
  })
}

/** Waits until this process has no descriptor of a file, whether or not that has been removed: what was just looked up has one. */
export async function untilClosed(path: string): Promise<void> {
  while (describeFds(openFds()).some((line) => line.includes(`-> ${path}`))) await delay(20)
}

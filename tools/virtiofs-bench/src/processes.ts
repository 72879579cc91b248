import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks per second in /proc/<pid>/stat: the same on every Linux that programs can see. */
const TICKS = 100

/** A process and all that descend from it. */
export function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(family)]
}

/** Seconds of CPU time that processes have used, in user mode and in the kernel. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.map(cpuOf).reduce((sum, seconds) => sum + seconds, 0)
}

function cpuOf(pid: number): number {
  // Behind the name, which may hold anything, the fields go on with the third.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

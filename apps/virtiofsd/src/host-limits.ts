import { readFileSync } from 'node:fs'

/** Soft limit of descriptors of this process (proc(5), `limits`); Node raises it to the hard one when it starts. */
export function maxOpenFiles(): number {
  const match = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
  return match?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match?.[1] ?? 0)
}

/** Number of a group, by name or number; `undefined` where there is none of that name in /etc/group. */
export function groupId(group: string): number | undefined {
  if (/^\d+$/.test(group)) return Number(group)
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , id] = line.split(':')
    if (name === group && id !== undefined) return Number(id)
  }
  return undefined
}

import { readdirSync, readFileSync } from 'node:fs'

/** Whether something is mounted at `path`, and its type. */
export function mountType(path: string): string | undefined {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, target, type] = line.split(' ')
    if (
      target?.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))) ===
      path
    )
      return type
  }
  return undefined
}

/** Open descriptors of a process. */
export function openFds(pid: number | 'self' = 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Resident memory of a process in bytes, and the part of it that is neither shared nor from files. */
export function memory(pid: number | 'self' = 'self'): { rss: number; anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return { rss: kib('VmRSS') * 1024, anonymous: kib('RssAnon') * 1024 }
}

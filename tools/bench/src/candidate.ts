import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './shell.js'

const MOUNT_DEADLINE_MS = 20_000
const POLL_MS = 50

/** Something that is measured: a directory, and the directory behind it. */
export interface Candidate {
  readonly name: string
  /** Where the operations happen. */
  readonly directory: string
  /** The directory that is served; the same as `directory` for the disk itself. */
  readonly source: string
  /** Process that serves it; `undefined` for the disk itself. */
  readonly pid?: number | undefined
  close(): Promise<void>
}

/** The disk itself: what every ratio refers to. */
export function disk(base: string): Candidate {
  const directory = join(base, 'disk')
  mkdirSync(directory)
  return { name: 'disk', directory, source: directory, close: async () => {} }
}

/**
 * A file system served by a command, in which `{source}` and `{mountpoint}` stand for directories made here.
 * The command stays in the foreground; it is pinned to `cpu` where one is given.
 */
export async function served(
  name: string,
  command: string,
  base: string,
  cpu: string | undefined,
): Promise<Candidate> {
  const source = join(base, `${name}-source`)
  const mountpoint = join(base, `${name}-mount`)
  mkdirSync(source)
  mkdirSync(mountpoint)
  const text = command.replaceAll('{source}', source).replaceAll('{mountpoint}', mountpoint)
  const words =
    cpu === undefined ? ['sh', '-c', `exec ${text}`] : ['taskset', '-c', cpu, 'sh', '-c', `exec ${text}`]
  const [program = 'sh', ...args] = words
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-2000)
  })
  for (let waited = 0; !isMounted(mountpoint); waited += POLL_MS) {
    if (child.exitCode !== null || waited > MOUNT_DEADLINE_MS) {
      child.kill('SIGKILL')
      throw new Error(`${name} did not mount: ${stderr.trim() || text}`)
    }
    await sleep(POLL_MS)
  }
  return { name, directory: mountpoint, source, pid: child.pid, close: () => stop(child, mountpoint) }
}

function isMounted(directory: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(` ${directory} `)
}

async function stop(child: ChildProcess, mountpoint: string): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  run('umount', [mountpoint])
  await Promise.race([ended, sleep(5000).then(() => child.kill('SIGKILL'))])
}

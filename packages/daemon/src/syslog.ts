import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { check, close, O_CLOEXEC, O_NONBLOCK, pipe2, setfl, write } from '@fb/sys'
import { UsageError } from './usage-error.js'

/** Priorities of syslog(3), facility `daemon`, by pino's levels. */
const FACILITY = 3 << 3
const SEVERITY: Readonly<Record<string, number>> = { 20: 7, 30: 6, 40: 4, 50: 3 }
const NOTICE = 5

/** Its socket, where one runs: systemd's journal listens there too. */
const DEV_LOG = '/dev/log'

/** Whether a system log runs here. */
export function hasSyslog(): boolean {
  return existsSync(DEV_LOG)
}

/**
 * Starts logger(1), which sends what it reads to the system log, and gives the descriptor of the pipe to it. It ends with
 * the last process that has the pipe. Where it cannot keep up, lines are lost: the daemon never waits for it.
 * @param program - name in front of each line
 * @param path - socket of the system log
 * @throws UsageError nobody listens there
 */
export function openSyslog(program: string, path = DEV_LOG): number {
  if (!existsSync(path)) {
    throw new UsageError(`--syslog: there is no ${path}: no system log runs here`)
  }
  const [readEnd = -1, writeEnd = -1] = pipe()
  const options = ['--socket', path, '--tag', program, `--id=${process.pid}`, '--prio-prefix']
  const logger = spawn('logger', options, { stdio: [readEnd, 'ignore', 'inherit'] })
  logger.on('error', (error) => process.stderr.write(`${program}: logger(1): ${error.message}\n`))
  logger.unref()
  close(readEnd)
  return writeEnd
}

function pipe(): Int32Array {
  const ends = new Int32Array(2)
  check(pipe2(ends, O_CLOEXEC), 'pipe2')
  check(setfl(ends[1] as number, O_NONBLOCK), 'fcntl')
  return ends
}

/** Writes a line of pino with its priority in front. What the pipe cannot take is dropped. */
export function writeToSyslog(fd: number, line: string): void {
  const level = /^\{"level":(\d+)/.exec(line)?.[1] ?? ''
  const bytes = Buffer.from(`<${FACILITY + (SEVERITY[level] ?? NOTICE)}>${line}`)
  write(fd, bytes, 0, bytes.length)
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'

const WRITER = `
const fs = require('node:fs')
const fd = fs.openSync(process.argv[1], 'w')
for (let count = 0; ; count += 1) { fs.writeSync(fd, 'x'.repeat(4096), count % 64 * 4096); fs.fsyncSync(fd) }`
const FILES = 1000

const program = new Command('storm')
  .description('Measures stat(2) in each directory while other processes write and fsync there.')
  .argument('<directories...>')
  .option('--writers <n>', 'processes that write and fsync', '8')
  .option('--seconds <n>', 'how long to measure', '5')
  .parse()
const { writers, seconds } = program.opts<{ writers: string; seconds: string }>()

/** Microseconds of each stat, of another file each time. */
function measure(directory: string, milliseconds: number): number[] {
  const times: number[] = []
  const end = performance.now() + milliseconds
  for (let count = 0; performance.now() < end; count += 1) {
    const start = performance.now()
    statSync(join(directory, `file-${count % FILES}`))
    times.push((performance.now() - start) * 1000)
  }
  return times.sort((a, b) => a - b)
}

function line(what: string, times: readonly number[]): string {
  const at = (part: number): string =>
    `${Math.round(times[Math.floor((times.length - 1) * part)] ?? 0)}`.padStart(9)
  return `${what.padEnd(32)}${at(0.5)}${at(0.99)}${at(1)}${String(times.length).padStart(9)}`
}

console.log(`${'microseconds of stat'.padEnd(32)}      p50      p99      max    calls`)
for (const directory of program.args) {
  const work = join(directory, 'storm')
  mkdirSync(work)
  const children: ChildProcess[] = []
  try {
    for (let index = 0; index < FILES; index += 1) writeFileSync(join(work, `file-${index}`), '')
    console.log(line(`${directory}, quiet`, measure(work, Number(seconds) * 1000)))
    for (let index = 0; index < Number(writers); index += 1) {
      children.push(
        spawn(process.execPath, ['-e', WRITER, join(work, `written-${index}`)], { stdio: 'ignore' }),
      )
    }
    console.log(line(`${directory}, ${writers} fsync`, measure(work, Number(seconds) * 1000)))
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(work, { recursive: true, force: true })
  }
}

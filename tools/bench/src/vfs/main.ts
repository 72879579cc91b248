import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RamDisk } from '@fb/testbed'
import { Command } from 'commander'
import { type Candidate, served } from '../candidate.js'
import { Client } from '../client.js'
import { run } from '../shell.js'
import { median, short } from '../table.js'
import { KINDS, type Kind } from './kinds.js'
import { estimate, ratios } from './ratios.js'

const TESTS = 'stat_missing,open_close,read_4k_rand_cold'

const program = new Command('vfs')
  .description(
    'What a tree costs through a mount: one run, taking turns, medians. Needs root, g++ and e2fsprogs.',
  )
  .option('--sessions <n>', 'sessions, each with new servers', '6')
  .option('--rounds <n>', 'rounds of a session: each is every kind once', '6')
  .option('--warmup <n>', 'rounds before them that do not count', '3')
  .option('--ms <n>', 'milliseconds of one cell', '100')
  .option('--cpu <list>', "CPU that client and servers share, or 'none'", '0')
  .option('--tests <names>', 'comma-separated', TESTS)
  .parse()
const options = program.opts<Record<'sessions' | 'rounds' | 'warmup' | 'ms' | 'cpu' | 'tests', string>>()
const cpu = options.cpu === 'none' ? undefined : options.cpu
const kinds = Object.keys(KINDS) as Kind[]
/** What the client has left, as find(1) says it. */
const FILES = ['-mindepth', '1', '-maxdepth', '1', '-name', 'bench-*']

/** Operations per second by kind, of each test. */
type Round = readonly ReadonlyMap<Kind, number>[]

const tests = options.tests.split(',')

/** A server for each kind, and the directory below its mount that is the one that it serves. */
async function start(kind: Kind, base: string): Promise<Candidate> {
  const server = fileURLToPath(new URL('vfs-server.js', import.meta.url))
  const command = `${process.execPath} ${server} ${kind} {source} {mountpoint}`
  const candidate = await served(kind, command, base, cpu)
  return { ...candidate, directory: join(candidate.directory, KINDS[kind].path) }
}

/** A line of the table: what it is alone, and for the others what they are against that in the same round. */
function row(test: string, valuesOf: (kind: Kind) => number[]): string {
  const alone = valuesOf('alone')
  const cells = kinds.map((kind) => {
    if (kind === 'alone') return short(median(alone))
    const { middle, low, high } = estimate(ratios(valuesOf(kind), alone))
    return `${middle.toFixed(3)} (${low.toFixed(3)}...${high.toFixed(3)})`
  })
  return `| ${[test, ...cells].join(' | ')} |`
}

/** One round: every test, every kind once. */
function measure(client: Client, candidates: ReadonlyMap<Kind, Candidate>, round: number): Round {
  return tests.map((test) => {
    const cells = new Map<Kind, number>()
    // Who comes first changes, so that none is always the one after the pause between two tests.
    for (const at of kinds.keys()) {
      const kind = kinds[(at + round) % kinds.length] as Kind
      const candidate = candidates.get(kind) as Candidate
      cells.set(kind, client.measureCpu(candidate, test))
      // Through the mount, so that the server forgets them; never what is mounted below.
      run('find', [candidate.directory, ...FILES, '-exec', 'rm', '-r', '{}', '+'])
    }
    return cells
  })
}

/** New servers, because no two processes are alike: where their memory is makes a difference of some percent. */
async function session(client: Client, rounds: number): Promise<Round[]> {
  const ram = new RamDisk('1G')
  const candidates = new Map<Kind, Candidate>()
  try {
    for (const kind of kinds) candidates.set(kind, await start(kind, ram.directory))
    const warmup = Number(options.warmup)
    const all = Array.from({ length: warmup + rounds }, (_, round) => measure(client, candidates, round))
    return all.slice(warmup)
  } finally {
    for (const candidate of candidates.values()) await candidate.close()
    ram.close()
  }
}

async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'fb-bench-'))
  const rounds: Round[] = []
  try {
    const client = new Client(work, cpu, options.ms)
    for (let at = 0; at < Number(options.sessions); at += 1) {
      rounds.push(...(await session(client, Number(options.rounds))))
      console.error(`session ${at + 1} of ${options.sessions}`)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const titles = kinds.map((kind) => KINDS[kind].title)
  console.log(`| test | ${titles.join(' | ')} |`)
  console.log(`|---|${kinds.map(() => '---:|').join('')}`)
  for (const [at, test] of tests.entries()) {
    console.log(row(test, (kind) => rounds.map((round) => round[at]?.get(kind) ?? 0)))
  }
}

await main()

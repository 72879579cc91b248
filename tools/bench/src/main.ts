import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { RamDisk } from '@fb/testbed'
import { Command } from 'commander'
import { type Candidate, disk, served } from './candidate.js'
import { Client } from './client.js'
import { run } from './shell.js'
import { type Rounds, renderTable } from './table.js'

const OURS = 'fb'

interface Options {
  peer: string[]
  rounds: string
  warmup: string
  ms: string
  cpu: string
  tests?: string
  size: string
  args: string
  json?: string
}

const program = new Command('bench')
  .description(
    'Compare the disk, our daemon and peers: one run, interleaved, medians. Needs root, g++ and e2fsprogs.',
  )
  .option(
    '--peer <name=command>',
    'a peer, in the foreground: ll="passthrough_ll -f -o source={source} {mountpoint}"',
    (text: string, list: string[]) => [...list, text],
    [],
  )
  .option('--rounds <n>', 'rounds: each is every candidate once', '5')
  .option('--warmup <n>', 'rounds before them that do not count', '2')
  .option('--ms <n>', 'milliseconds of one cell', '100')
  .option('--cpu <list>', "CPU that client and servers share, or 'none'", '0')
  .option('--tests <names>', 'comma-separated; all by default')
  .option('--size <bytes>', 'size of the ext4 in memory', '2G')
  .option('--args <text>', 'further options of our daemon', '')
  .option('--json <file>', 'write every single result there')
  .parse()
const options = program.opts<Options>()
const cpu = options.cpu === 'none' ? undefined : options.cpu

function daemonCommand(): string {
  const require = createRequire(import.meta.url)
  const main = join(dirname(require.resolve('@fb/fusedev-daemon/package.json')), 'dist/main.js')
  return `${process.execPath} ${main} --log-level error ${options.args} {source} {mountpoint}`
}

/** Operations per second; 0 where a peer cannot do it at all (ours and the disk must). */
function measure(client: Client, candidate: Candidate, test: string): number {
  try {
    return client.measure(candidate, test)
  } catch (error) {
    if (candidate.name === OURS || candidate.name === 'disk') throw error
    console.error(`${candidate.name}, ${test}: ${(error as Error).message}`)
    return 0
  }
}

async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'fb-bench-'))
  const ram = new RamDisk(options.size)
  const candidates: Candidate[] = []
  const results = new Map<string, Map<string, number[]>>()
  try {
    const client = new Client(work, cpu, options.ms)
    const tests = options.tests?.split(',') ?? client.tests()
    candidates.push(disk(ram.directory), await served(OURS, daemonCommand(), ram.directory, cpu))
    for (const peer of options.peer) {
      const [name = '', ...command] = peer.split('=')
      candidates.push(await served(name, command.join('='), ram.directory, cpu))
    }
    const warmup = Number(options.warmup)
    for (let round = 1 - warmup; round <= Number(options.rounds); round += 1) {
      for (const test of tests) {
        const cells = results.get(test) ?? new Map<string, number[]>()
        results.set(test, cells)
        for (const candidate of candidates) {
          const value = measure(client, candidate, test)
          if (round > 0) cells.set(candidate.name, [...(cells.get(candidate.name) ?? []), value])
          // Through the mount, so that the server forgets them.
          run('find', [candidate.directory, '-mindepth', '1', '-delete'])
        }
      }
      console.error(round > 0 ? `round ${round} of ${options.rounds}` : 'warm-up')
    }
    const names = candidates.map((candidate) => candidate.name)
    console.log(renderTable(results as ReadonlyMap<string, Rounds>, names, OURS))
    if (options.json !== undefined) {
      const plain = Object.fromEntries([...results].map(([test, cells]) => [test, Object.fromEntries(cells)]))
      writeFileSync(options.json, `${JSON.stringify(plain, null, 2)}\n`)
    }
  } finally {
    for (const candidate of candidates) await candidate.close()
    ram.close()
    rmSync(work, { recursive: true, force: true })
  }
}

await main()

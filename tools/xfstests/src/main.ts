import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { KernelVersion } from '@fb/guest-vm'
import { missingForMount } from '@fb/testbed'
import { Command, Option } from 'commander'
import type { TestResult } from './check-output.js'
import { GuestPlace } from './guest.js'
import { serveDirectory, servePeer, serveTree } from './helper.js'
import { Here } from './here.js'
import { type Place, runCheck } from './run-check.js'
import { summary } from './summary.js'

interface Options {
  group: string[]
  exclude?: string
  args: string
  mountOptions: string
  backEnd: string
  limit: string
  results?: string
  inside?: string
  guest?: KernelVersion
  peer?: string
  disk?: true
}

const program = new Command('xfstests')
  .description('Run a built copy of xfstests on a mount of an ext4 in memory, as root.')
  .argument('<suite>', 'directory of the built suite (with ./check and ./tests)')
  .argument('[tests...]', 'tests, as generic/001; without any, the groups')
  .option('-g, --group <name...>', 'groups of tests', ['quick'])
  .option('--exclude <tests>', 'tests to leave out, comma-separated')
  .option('--mount-options <list>', 'further options of the mount: cache=always,writeback', '')
  .option('--args <text>', "options of the guest's daemon or the peer", '')
  .option('--limit <seconds>', 'time after which a test counts as hung', '600')
  .option('--results <directory>', "for the suite's files; by default a new one")
  .option('--inside <path>', 'a tree of back ends with the tested one at this path: /a/b')
  .option('--back-end <yaml>', 'options of the tested one in the tree: inodeFileHandles: never', '')
  .addOption(
    new Option('--guest <kernel>', 'virtiofsd in a virtual machine, what needs no second device: with kernel')
      .choices(['6.1', '6.12'])
      .conflicts(['inside', 'peer', 'disk']),
  )
  .addOption(
    new Option(
      '--peer <program>',
      "another daemon, as libfuse's passthrough_hp: -o OPTIONS SOURCE MOUNTPOINT",
    ).conflicts(['inside', 'disk']),
  )
  .addOption(new Option('--disk', 'the ext4 itself').conflicts('inside'))
  .parse()
const options = program.opts<Options>()
const [suite = '', ...tests] = program.args

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

function helper(): string | undefined {
  const { disk, peer, inside } = options
  if (disk === true) return undefined
  if (peer !== undefined) return servePeer([resolve(peer), ...words(options.args)])
  return inside === undefined ? serveDirectory() : serveTree(inside, options.backEnd)
}

function place(results: string): Place {
  const groups = options.group.flatMap((group) => ['-g', group])
  const excluded = options.exclude === undefined ? [] : ['-e', options.exclude]
  const args = [...excluded, ...(tests.length > 0 ? tests : groups)]
  const common = { suite: resolve(suite), results, args }
  if (options.guest !== undefined)
    return new GuestPlace({ ...common, kernel: options.guest, daemonArgs: words(options.args) })
  const text = helper()
  return new Here({
    ...common,
    mountOptions: options.mountOptions,
    ...(text === undefined ? {} : { helper: text }),
  })
}

function report({ test, outcome, detail }: TestResult): void {
  console.log(`${test} ${outcome}${detail === '' ? '' : `: ${detail}`}`)
}

async function main(): Promise<number> {
  const missing = missingForMount(['mkfs.ext4', 'losetup', 'unshare'])
  if (missing !== undefined) throw new Error(missing)
  if (!existsSync(join(suite, 'check'))) throw new Error(`${suite} holds no xfstests`)
  const results = resolve(options.results ?? mkdtempSync(join(tmpdir(), 'fb-xfstests-')))
  mkdirSync(results, { recursive: true })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
  const where = place(results)
  try {
    const all = await runCheck(where, Number(options.limit) * 1000, stop.signal, report)
    const { text, isAsExpected } = summary(all)
    console.log(`${text}\nfiles of the suite: ${results}`)
    return isAsExpected ? 0 : 1
  } finally {
    await where.close()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

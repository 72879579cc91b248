import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ServedMount, type ServedMountOptions } from '@fb/served-mount'
import { missingForMount, RamDisk, run } from '@fb/testbed'
import { Command, Option } from 'commander'
import { runDifferential } from './differential.js'
import { FSX_MODES, type FsxMode, modesOf, runFsx } from './fsx.js'
import { ltpTests, runLtp } from './ltp.js'
import { onMount } from './on-mount.js'
import { runStressNg } from './stress-ng.js'

interface Place {
  readonly args: string
  readonly inside?: string
}

const program = new Command('stress')
  .description('Run stress tests on a mount of the daemon, of an ext4 in memory, as root.')
  .option('--args <text>', 'further options of the daemon', '')
  .option('--inside <path>', 'a tree of back ends with the tested one at this path: /a/b')

function served(): ServedMountOptions {
  const { args, inside } = program.opts<Place>()
  const words = args.split(' ').filter((word) => word !== '')
  return { args: words, ...(inside === undefined ? {} : { inside }) }
}

async function timed(name: string, work: () => Promise<void>): Promise<void> {
  const start = Date.now()
  await work()
  console.log(`${name}: passed (${Math.round((Date.now() - start) / 1000)} s)`)
}

program
  .command('fsx <program>')
  .description('random operations on one file, each checked')
  .option('--rust', 'the program is that of crates.io, not that of xfstests', false)
  .option('--operations <n>', 'how many in each mode', '1000000')
  .option('--seed <n>', 'chooses them', '1')
  .addOption(new Option('--modes <mode...>', 'default: all that the program has').choices(FSX_MODES))
  .action(async (path: string, flags: FsxFlags) => {
    const fsx = { program: resolve(path), isRust: flags.rust }
    for (const mode of flags.modes ?? modesOf(fsx)) {
      const settings = { operations: Number(flags.operations), seed: Number(flags.seed), mode }
      await timed(`fsx, ${mode}, ${flags.operations} operations`, () =>
        onMount(served(), (directory) => runFsx(fsx, directory, settings)),
      )
    }
  })

interface FsxFlags {
  readonly rust: boolean
  readonly operations: string
  readonly seed: string
  readonly modes?: readonly FsxMode[]
}

program
  .command('differential')
  .description('the same random calls on the disk and on the mount, each compared')
  .option('--operations <n>', 'how many for each seed', '20000')
  .option('--seeds <n>', 'how many', '10')
  .option('--first <n>', 'the first seed', '1')
  .action(async (flags: { operations: string; seeds: string; first: string }) => {
    for (let seed = Number(flags.first); seed < Number(flags.first) + Number(flags.seeds); seed += 1) {
      const settings = { operations: Number(flags.operations), seed }
      await timed(`differential, ${flags.operations} operations, seed ${seed}`, () =>
        onMount(served(), (directory, beside) => runDifferential(directory, beside, settings)),
      )
    }
  })

program
  .command('fsstress <program>')
  .description('random calls of several processes in one tree')
  .option('--seconds <n>', 'for how long', '600')
  .option('--processes <n>', 'how many', '8')
  .option('--seed <n>', 'chooses the calls', '1')
  .action(async (path: string, flags: { seconds: string; processes: string; seed: string }) => {
    const args = [`--duration=${flags.seconds}`, '-p', flags.processes, '-s', flags.seed, '-d']
    await timed(`fsstress, ${flags.processes} processes`, () =>
      onMount(served(), async (directory) => {
        await run(resolve(path), [...args, directory], { timeout: (Number(flags.seconds) + 600) * 1000 })
      }),
    )
  })

program
  .command('stress-ng')
  .description("stress-ng's file-system class, one stressor after the other")
  .option('--seconds <n>', 'for each stressor', '12')
  .action(async ({ seconds }: { seconds: string }) => {
    await timed('stress-ng', () =>
      onMount(served(), (directory) => runStressNg(directory, { seconds: Number(seconds) })),
    )
  })

program
  .command('ltp <suite>')
  .description('tests of an installed LTP, on the disk and on the mount')
  .option('--lists <name...>', 'lists of tests', ['fs', 'syscalls'])
  .option('--only <prefix>', 'only tests whose name begins so', '')
  .action(async (path: string, flags: { lists: string[]; only: string }) => {
    const suite = resolve(path)
    if (!existsSync(join(suite, 'testcases/bin'))) throw new Error(`${suite} holds no installed LTP`)
    const tests = ltpTests(suite, flags.lists, flags.only)
    const disk = new RamDisk('4G')
    try {
      const [source, mount, beside] = ['source', 'mount', 'beside'].map((name) =>
        join(disk.directory, name),
      ) as [string, string, string]
      for (const directory of [source, mount, beside]) {
        mkdirSync(directory)
        chmodSync(directory, 0o777)
      }
      const there = await ServedMount.start(source, mount, served())
      try {
        await compareLtp(suite, tests, beside, there.directory)
      } finally {
        await there.close()
      }
    } finally {
      disk.close()
    }
  })

async function compareLtp(
  suite: string,
  tests: ReturnType<typeof ltpTests>,
  disk: string,
  mount: string,
): Promise<void> {
  const counts = new Map<string, number>()
  let different = 0
  for (const test of tests) {
    const here = await runLtp(suite, disk, test)
    const there = await runLtp(suite, mount, test)
    counts.set(there.verdict, (counts.get(there.verdict) ?? 0) + 1)
    if (here.verdict === there.verdict) continue
    different += 1
    console.log(`${test.name}: ${here.verdict} on the disk, ${there.verdict} on the mount`)
    console.log(there.output.slice(-2000))
  }
  console.log([...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', '))
  console.log(`${different} of ${tests.length} tests differ from the disk`)
  if (different > 0) process.exitCode = 1
}

try {
  const missing = missingForMount(['mkfs.ext4', 'e2fsck'])
  if (missing !== undefined) throw new Error(missing)
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

import { Command } from 'commander'
import { type ChurnOptions, churn } from './churn/churn.js'

const MIB = 1024 * 1024

const program = new Command('tree-check').description(
  'Checks and measures trees of many back ends. Needs root.',
)

program
  .command('churn')
  .description('mount directories and have them come and go at random while processes work in them')
  .option('--transport <name>', 'fusedev, or virtiofs: a virtual machine', 'fusedev')
  .option('--mounts <n>', 'how many', '1000')
  .option('--seconds <n>', 'for how long', '180')
  .option('--workers <n>', 'processes that work meanwhile', '4')
  .option('--seed <n>', 'chooses the changes', '1')
  .action(async (options: Record<'transport' | 'mounts' | 'seconds' | 'workers' | 'seed', string>) => {
    const { transport } = options
    if (transport !== 'fusedev' && transport !== 'virtiofs') throw new Error(`no transport ${transport}`)
    const [mounts, seconds, workers, seed] = [
      options.mounts,
      options.seconds,
      options.workers,
      options.seed,
    ].map(Number) as [number, number, number, number]
    await report({ transport, mounts, seconds, workers, seed })
  })

async function report(options: ChurnOptions): Promise<void> {
  const { changes, workers, before, after, inodesBefore, inodesAfter } = await churn(options)
  console.log('changes:', changes)
  console.log('work:', workers)
  console.table({
    before: {
      ...before,
      anonymous: mebibytes(before.anonymous),
      heap: mebibytes(before.heap),
      inodes: inodesBefore,
    },
    after: {
      ...after,
      anonymous: mebibytes(after.anonymous),
      heap: mebibytes(after.heap),
      inodes: inodesAfter,
    },
  })
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

await program.parseAsync()

import type { GuestOptions } from '@fb/guest-vm'
import { Command, Option } from 'commander'
import { type ChurnOptions, churn } from './churn/churn.js'
import { native } from './churn/samples.js'
import type { Usage } from './server/protocol.js'

const MIB = 1024 * 1024

interface ChurnFlags {
  readonly transport: 'fusedev' | 'virtiofs'
  readonly mounts: number
  readonly seconds: number
  readonly workers: number
  readonly seed: number
  readonly kernel: NonNullable<GuestOptions['kernel']>
  readonly qemu: string
  readonly submounts: boolean
}

const program = new Command('tree-check').description(
  'Checks and measures trees of many back ends. Needs root.',
)

program
  .command('churn')
  .description('mount directories and have them come and go at random while processes work in them')
  .addOption(
    new Option('--transport <name>', 'fusedev, or virtiofs: a virtual machine')
      .choices(['fusedev', 'virtiofs'])
      .default('fusedev'),
  )
  .option('--mounts <n>', 'how many', Number, 1000)
  .option('--seconds <n>', 'for how long', Number, 180)
  .option('--workers <n>', 'processes that work meanwhile', Number, 4)
  .option('--seed <n>', 'chooses the changes', Number, 1)
  .addOption(new Option('--kernel <series>', 'of the guest').choices(['6.1', '6.12']).default('6.1'))
  .option('--qemu <which>', '"system", "10" or a path', 'system')
  .option('--submounts', 'announce each mount as a mount of the guest: not with kernel 6.1', false)
  .action(async ({ kernel, qemu, submounts, ...options }: ChurnFlags) => {
    await report({ ...options, guest: { kernel, qemu, submounts } })
  })

async function report(options: ChurnOptions): Promise<void> {
  const { changes, workers, samples, grown, start, before, after, end, inodesBefore, inodesAfter } =
    await churn(options)
  console.log('changes:', changes)
  console.table(workers)
  console.log('the server meanwhile:')
  console.table(
    samples.map(({ seconds, changes, usage }) => ({
      seconds: Math.round(seconds),
      changes,
      ...shown(usage),
    })),
  )
  console.log(
    `gained from the second quarter to the last: heap ${mebibytes(grown.heap)}, native ${mebibytes(grown.native)}`,
  )
  console.log('the server when nothing is used, and the inodes of FUSE in the kernel:')
  console.table({
    'nothing mounted': shown(start),
    before: { ...shown(before), inodes: inodesBefore },
    after: { ...shown(after), inodes: inodesAfter },
    'nothing mounted any more': shown(end),
  })
}

function shown(usage: Usage) {
  const { anonymous, heap, heapSpace, ...counts } = usage
  const inMebibytes = Object.entries({ anonymous, heapSpace, heap, native: native(usage) })
  return {
    ...Object.fromEntries(inMebibytes.map(([name, bytes]) => [name, mebibytes(bytes)])),
    ...counts,
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

await program.parseAsync()

import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KernelVersion } from '@fb/guest-vm'
import { ServedMount } from '@fb/served-mount'
import { missingForMount, RamDisk } from '@fb/testbed'
import { Command, Option } from 'commander'
import { GuestPlace } from './guest.js'
import { type FileRunner, runHere, runSuite, type SuiteResult, testFiles } from './suite.js'

interface Options {
  jobs: string
  only: string
  disk: boolean
  args: string
  inside?: string
  guest?: KernelVersion
}

const program = new Command('pjdfstest')
  .description('Run a built copy of pjdfstest on an ext4 in memory and on a mount of it, as root.')
  .argument('<suite>', 'directory of the built suite (with ./pjdfstest and ./tests)')
  .option('--jobs <n>', 'test files at a time', '1')
  .option('--only <prefix>', 'only the test files whose name begins so: chmod, rename/09', '')
  .option('--no-disk', 'leave the run on the disk out')
  .option('--args <text>', 'further options of the daemon', '')
  .option(
    '--inside <path>',
    'in place of the daemon, a tree of back ends with the tested one at this path: /a/b',
  )
  .addOption(
    new Option(
      '--guest <kernel>',
      'in place of a mount here, one of virtiofsd in a virtual machine, which takes an hour: with kernel',
    )
      .choices(['6.1', '6.12'])
      .conflicts('inside'),
  )
  .parse()
const [suite = ''] = program.args
const options = program.opts<Options>()

function report(name: string, result: SuiteResult, seconds: number): void {
  const failed = [...result.failures.values()].reduce((sum, lines) => sum + lines.length, 0)
  console.log(
    `${name}: ${result.passed} checks passed, ${failed} failed in ${result.failures.size} files (${seconds} s)`,
  )
  for (const [file, lines] of result.failures) for (const line of lines) console.log(`  ${file}: ${line}`)
}

async function timed(
  name: string,
  files: readonly string[],
  jobs: number,
  runFile: FileRunner,
): Promise<SuiteResult> {
  const start = Date.now()
  const result = await runSuite(files, jobs, runFile)
  report(name, result, Math.round((Date.now() - start) / 1000))
  return result
}

function furtherOptions(): string[] {
  return options.args.split(' ').filter((word) => word !== '')
}

async function main(): Promise<number> {
  const missing = missingForMount(['mkfs.ext4'])
  if (missing !== undefined) throw new Error(missing)
  if (!existsSync(join(suite, 'pjdfstest'))) throw new Error(`${suite} holds no built pjdfstest`)
  const files = testFiles(suite, options.only)
  const disk = new RamDisk('2G')
  const [source, beside, mount] = ['source', 'beside', 'mount'].map((name) => join(disk.directory, name)) as [
    string,
    string,
    string,
  ]
  for (const directory of [source, beside, mount]) {
    mkdirSync(directory)
    chmodSync(directory, 0o755)
  }
  try {
    const onDisk = options.disk
      ? await timed('disk', files, Number(options.jobs), runHere(suite, beside))
      : undefined
    const [name, there] =
      options.guest === undefined
        ? ['mount', await onMount(files, source, mount)]
        : ['guest', await inGuest(files, source, options.guest)]
    const worse = [...there.failures.keys()].filter((file) => !onDisk?.failures.has(file))
    console.log(
      worse.length === 0 ? `the ${name} fails nothing that the disk passes` : `only on the ${name}: ${worse}`,
    )
    return worse.length === 0 ? 0 : 1
  } finally {
    disk.close()
  }
}

async function onMount(files: readonly string[], source: string, mount: string): Promise<SuiteResult> {
  const { inside } = options
  const settings = { args: furtherOptions(), ...(inside === undefined ? {} : { inside }) }
  const served = await ServedMount.start(source, mount, settings)
  try {
    return await timed('mount', files, Number(options.jobs), runHere(suite, served.directory))
  } finally {
    await served.close()
  }
}

async function inGuest(
  files: readonly string[],
  source: string,
  kernel: KernelVersion,
): Promise<SuiteResult> {
  const place = await GuestPlace.start(suite, source, { kernel, args: furtherOptions() })
  try {
    return await timed('guest', files, 1, place.run)
  } finally {
    await place.end()
  }
}

process.exitCode = await main()

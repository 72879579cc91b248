import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { missingForMount, mountType, RamDisk, run, waitFor } from '@fb/testbed'
import { TreeServer } from '@fb/tree-check'
import { Command } from 'commander'
import { runSuite, type SuiteResult, testFiles } from './suite.js'

interface Options {
  jobs: string
  only: string
  disk: boolean
  args: string
  inside?: string
}

/** What serves the mount. */
interface Served {
  hasEnded(): boolean
  /** After it has been unmounted. */
  end(): Promise<void>
}

const program = new Command('pjdfstest')
  .description(
    'Run a built copy of pjdfstest on an ext4 in memory and on a mount of the daemon over it, as root.',
  )
  .argument('<suite>', 'directory of the built suite (with ./pjdfstest and ./tests)')
  .option('--jobs <n>', 'test files at a time', '1')
  .option('--only <prefix>', 'only the test files whose name begins so: chmod, rename/09', '')
  .option('--no-disk', 'leave the run on the disk out')
  .option('--args <text>', 'further options of the daemon', '')
  .option(
    '--inside <path>',
    'in place of the daemon, a tree of back ends with the tested one at this path: /a/b',
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

async function timed(name: string, files: readonly string[], place: string): Promise<SuiteResult> {
  const start = Date.now()
  const result = await runSuite(suite, files, place, Number(options.jobs))
  report(name, result, Math.round((Date.now() - start) / 1000))
  return result
}

function startDaemon(source: string, mount: string): Served {
  const daemon = join(
    dirname(createRequire(import.meta.url).resolve('@fb/fusedev-daemon/package.json')),
    'dist/main.js',
  )
  const mountOptions = 'allow_other,default_permissions,suid,dev'
  const more = options.args.split(' ').filter((word) => word !== '')
  const child = spawn(process.execPath, [daemon, '-o', mountOptions, ...more, source, mount], {
    stdio: 'inherit',
  })
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  return { hasEnded, end: () => waitFor('the end of the daemon', hasEnded) }
}

/** A tree with the same mount options, one back end above the tested one and one below it. */
async function startTree(source: string, inside: string, mount: string): Promise<Served> {
  const [above, below] = ['above', 'below'].map((name) => `${source}-${name}`) as [string, string]
  for (const directory of [above, below]) mkdirSync(directory)
  const server = await TreeServer.start({ transport: 'fusedev', mountpoint: mount })
  await server.mount(
    { path: '/', source: above },
    { path: inside, source },
    { path: `${inside}/below`, source: below },
  )
  return { hasEnded: () => false, end: () => server.close() }
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
  const { inside } = options
  const served = inside === undefined ? startDaemon(source, mount) : await startTree(source, inside, mount)
  const place = inside === undefined ? mount : join(mount, inside)
  try {
    await waitFor('the mount', () => served.hasEnded() || mountType(mount) !== undefined)
    const onDisk = options.disk ? await timed('disk', files, beside) : undefined
    const onMount = await timed('mount', files, place)
    const worse = [...onMount.failures.keys()].filter((file) => !onDisk?.failures.has(file))
    console.log(
      worse.length === 0 ? 'the mount fails nothing that the disk passes' : `only on the mount: ${worse}`,
    )
    return worse.length === 0 ? 0 : 1
  } finally {
    if (mountType(mount) !== undefined) await run('umount', [mount])
    await served.end()
    disk.close()
  }
}

process.exitCode = await main()

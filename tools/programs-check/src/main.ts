import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Mounted, missingForMount, RamDisk } from '@fb/testbed'
import { Argument, Command } from 'commander'
import { differing } from './facts.js'
import type { Program } from './program.js'
import { debianRoot } from './programs/debian.js'
import { overlay } from './programs/overlay.js'
import { postgres } from './programs/postgres.js'
import { qemu } from './programs/qemu.js'

const ENTRY_POINT = join(
  dirname(createRequire(import.meta.url).resolve('@fb/fusedev-daemon/package.json')),
  'dist/main.js',
)
const PROGRAMS: readonly Program[] = [qemu, postgres, overlay, debianRoot]

interface Options {
  args: string
  tree?: string
  disk: string
}

const command = new Command('programs-check')
  .description(
    'Run real programs on an ext4 in memory and on a mount of it, as root, and compare what comes of it.',
  )
  .addArgument(
    new Argument('<programs...>', 'what to run').choices([...PROGRAMS.map(({ name }) => name), 'all']),
  )
  .option('--args <text>', 'further options of the daemon', '')
  .option('--tree <text>', 'in a tree, with these options of its mount at /: "" for none')
  .option('--disk <size>', 'size of the ext4; only what is written costs memory', '8G')
  .addHelpText(
    'after',
    ['', ...PROGRAMS.map(({ name, description }) => `  ${name}: ${description}`)].join('\n'),
  )
  .parse()
const options = command.opts<Options>()
const names = command.processedArgs[0] as readonly string[]

async function timed(program: Program, where: string, directory: string, common: string): Promise<string[]> {
  mkdirSync(directory)
  const start = Date.now()
  const facts = await program.run({ directory, common })
  console.log(
    `${program.name}, ${where}: ${facts.length} facts (${Math.round((Date.now() - start) / 1000)} s)`,
  )
  return facts
}

/** Runs a program on the disk and on the mount. Gives the lines in which they differ. */
async function compare(program: Program): Promise<string[]> {
  const [disk, other] = [new RamDisk(options.disk), new RamDisk(options.disk)]
  try {
    const expected = await timed(program, 'disk', join(disk.directory, 'beside'), other.directory)
    const source = join(disk.directory, 'source')
    mkdirSync(source)
    const mounted = await Mounted.start(ENTRY_POINT, source, {
      args: options.args.split(' ').filter((word) => word !== ''),
      ...(options.tree === undefined ? {} : { tree: options.tree }),
    })
    try {
      const found = await timed(program, 'mount', join(mounted.mountpoint, 'here'), other.directory)
      return differing(expected, found)
    } finally {
      await mounted.close()
    }
  } finally {
    for (const each of [disk, other]) each.close()
  }
}

let different = 0
for (const program of PROGRAMS.filter(({ name }) => names.includes(name) || names.includes('all'))) {
  const missing = missingForMount(['mkfs.ext4', ...program.needs])
  if (missing !== undefined) throw new Error(`${program.name}: ${missing}`)
  const lines = await compare(program)
  different += lines.length
  console.log(
    lines.length === 0 ? `${program.name}: as on the disk` : `${program.name}: differs\n${lines.join('\n')}`,
  )
}
process.exitCode = different === 0 ? 0 : 1

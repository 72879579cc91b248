import { missingForMount } from '@fb/testbed'
import { Argument, Command } from 'commander'
import { compare } from './compare.js'
import type { Program } from './program.js'
import { debianRoot } from './programs/debian.js'
import { layers } from './programs/overlay.js'
import { postgres } from './programs/postgres.js'
import { qemu, qemuImg } from './programs/qemu.js'

const PROGRAMS: readonly Program[] = [qemuImg, qemu, postgres, layers(), debianRoot]

interface Options {
  args: string
  tree?: string
  size: string
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
  .option('--size <size>', 'size of each ext4; only what is written costs memory', '8G')
  .addHelpText(
    'after',
    ['', ...PROGRAMS.map(({ name, description }) => `  ${name}: ${description}`)].join('\n'),
  )
  .parse()
const { args, tree, size } = command.opts<Options>()
const names = command.processedArgs[0] as readonly string[]

let different = 0
for (const program of PROGRAMS.filter(({ name }) => names.includes(name) || names.includes('all'))) {
  const missing = missingForMount(['mkfs.ext4', ...program.needs])
  if (missing !== undefined) throw new Error(`${program.name}: ${missing}`)
  const { facts, differences, seconds } = await compare(program, {
    args: args.split(' ').filter((word) => word !== ''),
    size,
    ...(tree === undefined ? {} : { tree }),
  })
  different += differences.length
  const result = differences.length === 0 ? 'as on the disk' : `differs\n${differences.join('\n')}`
  console.log(`${program.name}, ${facts} facts (disk ${seconds[0]} s, mount ${seconds[1]} s): ${result}`)
}
process.exitCode = different === 0 ? 0 : 1

import type { KernelVersion } from '@fb/guest-vm'
import { missingForMount } from '@fb/testbed'
import { Command, Option } from 'commander'
import { namesNobody, usesAcl } from './cases/case.js'
import { generateCases } from './cases/index.js'
import { check, type Report } from './check.js'
import { describeDifference, isOfUntoldCaller } from './compare.js'

interface Options {
  cases: string
  seed: string
  only: string
  acl: boolean
  args: string
  tree?: string
  shift: string
  guest?: KernelVersion
  show: string
}

const options = new Command('credentials-check')
  .description(
    'Run generated cases of what users may do on an ext4 in memory and where it is served, as root, and compare.',
  )
  .option('--cases <n>', 'how many', '4000')
  .option('--seed <n>', 'the same cases for the same number', '1')
  .option('--only <prefix>', 'only cases whose name begins so: chown, set-id-17', '')
  .option('--no-acl', 'leave out what is about ACLs, for mounts without')
  .option('--args <text>', 'further options of the daemon', '')
  .option('--tree <text>', 'in a tree, with these options of its mount at /, such as uidmap=0:100000:60000')
  .option('--shift <n>', 'the id on the host of the root of such a client', '0')
  .addOption(
    new Option(
      '--guest <kernel>',
      'in place of a mount here, one of virtiofsd in a virtual machine with kernel',
    )
      .choices(['6.1', '6.12'])
      .conflicts(['tree', 'shift']),
  )
  .option('--show <n>', 'how many differences of each family to print', '10')
  .parse()
  .opts<Options>()

function print({ differences, errors }: Report): void {
  const counts = new Map<string, number>()
  for (const difference of differences) {
    const family = difference.case.name.replace(/-\d+$/, '')
    const count = (counts.get(family) ?? 0) + 1
    counts.set(family, count)
    if (count <= Number(options.show)) console.log(describeDifference(difference))
  }
  console.log(`errors on the disk: ${JSON.stringify(errors)}`)
  const untold = options.guest === undefined ? 0 : differences.filter(isOfUntoldCaller).length
  if (untold > 0)
    console.log(`of these, set-id bits alone, of callers of whom a guest does not tell enough: ${untold}`)
  console.log(`${differences.length} differ ${JSON.stringify(Object.fromEntries(counts))}`)
}

const missing = missingForMount(['mkfs.ext4', 'g++'])
if (missing !== undefined) throw new Error(missing)
const cases = generateCases(Number(options.seed), Number(options.cases)).filter(
  (each) =>
    each.name.startsWith(options.only) &&
    (options.acl || !usesAcl(each)) &&
    (options.guest === undefined || !namesNobody(each)),
)
console.log(`${cases.length} cases`)
const args = options.args.split(' ').filter((word) => word !== '')
const { guest: kernel, tree } = options
const report = await check(
  cases,
  kernel === undefined
    ? { mount: { args, shift: Number(options.shift), ...(tree === undefined ? {} : { tree }) } }
    : { guest: { args, kernel } },
)
print(report)
process.exitCode = report.differences.length === 0 ? 0 : 1

import type { KernelVersion } from '@fb/guest-vm'
import { RamDisk } from '@fb/testbed'
import { Command } from 'commander'
import { type DaemonCommand, ours } from './daemon.js'
import { measure, type Result } from './measure.js'
import { renderTable } from './table.js'
import { workloads } from './workloads.js'

interface Options {
  readonly peer: DaemonCommand[]
  readonly rounds: string
  readonly seconds: string
  readonly cpus: string
  readonly queues: string
  readonly threads: string
  readonly kernel: KernelVersion
  readonly qemu: string
}

const options = new Command('guest-bench')
  .description(
    'Compare our virtiofsd with others in the same guest: one run, interleaved, medians. Needs root, QEMU, fio and perf.',
  )
  .option(
    '--peer <name=command>',
    'another daemon, in the foreground: rust="virtiofsd --sandbox none --shared-dir {directory} --socket-path {socket}"',
    (text: string, list: DaemonCommand[]) => {
      const at = text.indexOf('=')
      return [...list, { name: text.slice(0, at), command: text.slice(at + 1), queues: 1 }]
    },
    [],
  )
  .option('--rounds <n>', 'rounds: each is every daemon once, in a new guest', '3')
  .option('--seconds <n>', 'about how long each workload takes', '4')
  .option('--cpus <n>', 'CPUs of the guest', '1')
  .option('--queues <n>', 'request queues of our daemon; peers have one', '1')
  .option('--threads <n>', 'serving threads of our daemon, which is measured with and without', '0')
  .option('--kernel <series>', 'kernel of the guest: 6.1, or 6.12, which spreads requests over queues', '6.1')
  .option('--qemu <which>', '"system", "10" or a path', 'system')
  .parse()
  .opts<Options>()

const queues = Number(options.queues)
const threads = Number(options.threads)
const daemons = [ours(0, queues), ...(threads === 0 ? [] : [ours(threads, queues)]), ...options.peer]
const all = workloads(Number(options.seconds))
const shape = { kernel: options.kernel, qemu: options.qemu, cpus: Number(options.cpus) }
const rounds = new Map(
  all.map(({ name }) => [name, new Map(daemons.map((daemon) => [daemon.name, [] as Result[]]))]),
)
const disk = new RamDisk('2G')
try {
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const daemon of daemons) {
      console.error(`round ${round}: ${daemon.name}`)
      const results = await measure(daemon, all, shape, disk.directory)
      for (const [name, result] of results) rounds.get(name)?.get(daemon.name)?.push(result)
    }
  }
} finally {
  disk.close()
}
console.log(renderTable(rounds))

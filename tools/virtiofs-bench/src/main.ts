import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KernelVersion } from '@fb/guest-vm'
import { Command } from 'commander'
import { compare } from './compare.js'
import { type DaemonCommand, ours } from './daemon.js'
import { again, measure as measureGuest } from './guest/measure.js'
import { workloads } from './guest/workloads.js'
import { compileLoad, loadWorkloads } from './socket/load.js'
import { measure as measureSocket } from './socket/measure.js'

interface Common {
  readonly peer: DaemonCommand[]
  readonly rounds: string
  readonly queues: string
  readonly threads: string
  readonly args: string
}

const program = new Command('virtiofs-bench').description(
  'Compare our virtiofsd with others: one run, interleaved, medians. Needs root.',
)

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option(
      '--peer <name=command>',
      'another daemon, in the foreground: rust="virtiofsd --sandbox none --shared-dir {directory} --socket-path {socket}"',
      (text: string, list: DaemonCommand[]) => {
        const at = text.indexOf('=')
        return [...list, { name: text.slice(0, at), command: text.slice(at + 1), queues: 1 }]
      },
      [],
    )
    .option('--rounds <n>', 'rounds: each is every daemon once, started anew', '3')
    .option('--threads <n>', 'serving threads of our daemon, which is measured with and without', '0')
    .option('--args <text>', 'further options of our daemon', '')
}

function daemons({ threads, queues, args, peer }: Common): DaemonCommand[] {
  const counts = threads === '0' ? [0] : [0, Number(threads)]
  return [...counts.map((count) => ours(count, Number(queues), args)), ...peer]
}

command('guest', 'in the same guest: throughput, kicks, calls, CPU time. Needs QEMU, fio and perf')
  .option('--seconds <n>', 'about how long each workload takes', '4')
  .option('--cpus <n>', 'CPUs of the guest', '1')
  .option('--queues <n>', 'request queues of our daemon; peers have one', '1')
  .option('--kernel <series>', 'kernel of the guest: 6.1, or 6.12, which spreads requests over queues', '6.1')
  .option('--qemu <which>', '"system", "10" or a path', 'system')
  .option('--tests <names>', 'separated by semicolons, as the table names them; all by default')
  .action(
    async (
      options: Common & {
        seconds: string
        cpus: string
        kernel: KernelVersion
        qemu: string
        tests?: string
      },
    ) => {
      const { kernel, qemu, rounds } = options
      const names = options.tests?.split(';')
      const all = workloads(Number(options.seconds)).filter(({ name }) => names?.includes(name) ?? true)
      const shape = { kernel, qemu, cpus: Number(options.cpus) }
      await compare({
        daemons: daemons(options),
        workloads: all.flatMap(({ name }) => [name, again(name)]),
        rounds: Number(rounds),
        measure: (daemon, disk) => measureGuest(daemon, all, shape, disk),
      })
    },
  )

command('socket', 'over their sockets, without a guest: one request queue that is always full. Needs g++')
  .option('--depth <n>', 'requests in flight', '1')
  .option('--ms <n>', 'milliseconds of one cell', '500')
  .option('--warmup <n>', 'milliseconds before it that do not count', '1000')
  .option('--pause <us>', 'microseconds between answers and the next requests, as of a slow guest', '0')
  .option('--cpus <list>', 'CPUs that daemon and load share', '0')
  .option('--tests <names>', 'comma-separated; all by default')
  .action(
    async (
      options: Common & Record<'depth' | 'ms' | 'warmup' | 'pause' | 'cpus', string> & { tests?: string },
    ) => {
      const work = mkdtempSync(join(tmpdir(), 'fb-load-'))
      try {
        const load = compileLoad(work)
        const names = options.tests?.split(',') ?? loadWorkloads(load)
        const [depth, milliseconds, warmup, pause] = [
          options.depth,
          options.ms,
          options.warmup,
          options.pause,
        ].map(Number) as [number, number, number, number]
        const { cpus, rounds } = options
        await compare({
          daemons: daemons({ ...options, queues: '1' }),
          workloads: names,
          rounds: Number(rounds),
          measure: (daemon, disk) =>
            measureSocket(daemon, { load, workloads: names, depth, milliseconds, warmup, pause, cpus }, disk),
        })
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    },
  )

await program.parseAsync()

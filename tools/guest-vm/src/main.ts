#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Command, InvalidArgumentError, Option } from 'commander'
import { kernelVersions } from './assets/kernel.js'
import { bootGuest } from './boot-guest.js'
import { GuestError } from './guest-error.js'
import type { GuestMount } from './options.js'
import { type GuestParts, prefetch } from './prefetch.js'

const collect = (value: string, previous: string[]) => [...previous, value]

function positive(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('not a positive whole number')
  return number
}

function mount(value: string, previous: GuestMount[]): GuestMount[] {
  const [, tag, socket, at] = /^([^=]+)=([^:]+)(?::(.+))?$/.exec(value) ?? []
  if (tag === undefined || socket === undefined) throw new InvalidArgumentError('not TAG=SOCKET[:MOUNTPOINT]')
  return [...previous, { tag, socket, ...(at === undefined ? {} : { at }) }]
}

const kernel = new Option('--kernel <series>', 'kernel series').choices(kernelVersions).default('6.1')
const qemu = new Option('--qemu <which>', 'QEMU: "system", "10" or a path').default('system')

interface BootFlags extends Required<GuestParts> {
  readonly mount: GuestMount[]
  readonly requestQueues: number
  readonly memory: number
  readonly cpus: number
  readonly module: string[]
  readonly program: string[]
  readonly qemuArg: string[]
  readonly timeout: number
  readonly console: boolean
}

async function boot(script: string, flags: BootFlags): Promise<void> {
  const result = await bootGuest({
    script: script === '-' ? await text(process.stdin) : await readFile(script, 'utf8'),
    mounts: flags.mount.map((entry) => ({ ...entry, requestQueues: flags.requestQueues })),
    ...{ kernel: flags.kernel, qemu: flags.qemu, memoryMiB: flags.memory, cpus: flags.cpus },
    ...{ modules: flags.module, programs: flags.program, qemuArgs: flags.qemuArg },
    timeoutMs: flags.timeout * 1000,
    onOutput: (bytes) => process.stdout.write(bytes),
  })
  if (flags.console) process.stderr.write(result.console)
  process.exitCode = result.exitCode
}

const program = new Command('guest-vm')
  .description('Boot a Debian kernel in QEMU and run a script in it')
  .enablePositionalOptions()

program
  .command('run', { isDefault: true })
  .description('boot, run a shell script, power off; ends with the exit code of the script')
  .argument('<script>', 'file with the script, or - for standard input')
  .option(
    '--mount <tag=socket[:mountpoint]>',
    'mount virtio-fs from a vhost-user socket (repeatable)',
    mount,
    [],
  )
  .option('--request-queues <n>', 'request queues of each mount', positive, 1)
  .option('--memory <MiB>', 'memory', positive, 512)
  .option('--cpus <n>', 'CPUs', positive, 1)
  .option('--module <name>', 'kernel module to insert (repeatable)', collect, [])
  .option('--program <name>', 'program of this machine to copy in (repeatable)', collect, [])
  .option('--qemu-arg <arg>', 'further argument of QEMU (repeatable)', collect, [])
  .option('--timeout <seconds>', 'how long the script may take', positive, 60)
  .option('--console', 'print the console of the guest, too', false)
  .addOption(kernel)
  .addOption(qemu)
  .action(boot)

program
  .command('fetch')
  .description('fetch what a guest needs into the cache')
  .addOption(kernel)
  .addOption(qemu)
  .action((flags: GuestParts) => prefetch(flags))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof GuestError)) throw error
  process.stderr.write(`guest-vm: ${error.message}\n`)
  process.exitCode = 1
}

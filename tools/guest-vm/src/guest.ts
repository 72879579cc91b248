import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Marker } from './agent.js'
import { resolveBusybox } from './assets/busybox.js'
import { resolveKernel } from './assets/kernel.js'
import { resolveQemu } from './assets/qemu.js'
import { type MachineParts, mountScript, qemuCommandLine } from './command-line.js'
import { GuestError } from './guest-error.js'
import { writeInitramfs } from './initramfs/initramfs.js'
import { Machine } from './machine.js'
import { type MigrationOptions, type MigrationResult, migrate } from './migration.js'
import { Monitor } from './monitor.js'
import type { GuestOptions } from './options.js'

/** How a script ended. */
export interface ScriptResult {
  readonly exitCode: number
  /** Standard output and standard error, in the order in which they were written. */
  readonly output: string
}

/** What every QEMU of a guest is made of. */
type GuestParts = Pick<MachineParts, 'qemu' | 'kernel' | 'initramfs'> & { readonly directory: string }

/** A QEMU, and the ways to it. */
interface Running {
  readonly machine: Machine
  readonly agent: Agent
  readonly monitorSocket: string
}

/** Lines of the console that an error shows. */
const CONSOLE_LINES = 20
/** The same for a kernel that gave up: why is above what it says last. */
const OOPS_LINES = 80
const DEFAULT_BOOT_TIMEOUT_MS = 60_000
const DEFAULT_SCRIPT_TIMEOUT_MS = 60_000
const POLL_MS = 20

/**
 * A virtual machine that runs scripts. It has the kernel and the programs of busybox in its memory, no disk and no
 * network.
 *
 * A method that rejects leaves a guest of which nothing is known: {@link kill} it.
 */
export class Guest implements AsyncDisposable {
  /** Settles when QEMU has ended, with how it ended: `exit code 0` after a power-off, `signal SIGKILL`. */
  readonly ended: Promise<string>
  readonly #parts: GuestParts
  readonly #options: GuestOptions
  #running: Running
  #moves = 0
  #busy = false
  #settle: (how: string) => void = () => {}

  private constructor(parts: GuestParts, running: Running, options: GuestOptions) {
    this.#parts = parts
    this.#running = running
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#watch(running)
  }

  /**
   * Boots a guest and mounts its virtio-fs devices. What it needs and the machine does not have is fetched.
   *
   * @throws GuestError when it cannot be had, does not come up in time, or cannot mount.
   */
  static async start(options: GuestOptions = {}): Promise<Guest> {
    const qemu = await resolveQemu(options.qemu)
    const kernel = await resolveKernel(options.kernel ?? '6.1')
    const busybox = await resolveBusybox()
    const directory = await mkdtemp(join(tmpdir(), 'fb-guest-'))
    try {
      const initramfs = join(directory, 'initramfs')
      await writeInitramfs(initramfs, {
        ...{ kernel, busybox },
        modules: options.modules ?? [],
        programs: options.programs ?? [],
        files: options.files ?? {},
      })
      const parts = { qemu, kernel, initramfs, directory }
      const guest = new Guest(parts, await launch(parts, '0', options), options)
      try {
        await guest.#comeUp()
      } catch (error) {
        await guest.kill()
        throw error
      }
      return guest
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  /** The kernel that runs in the guest, as `uname -r` gives it. */
  get kernelRelease(): string {
    return this.#parts.kernel.release
  }

  /** The process id of QEMU. */
  get pid(): number | undefined {
    return this.#running.machine.pid
  }

  /** The end of what the guest's kernel and QEMU printed; nothing of what scripts print. */
  get console(): string {
    return this.#running.machine.console
  }

  /**
   * Runs a script of this machine's `/bin/sh` as root, with no standard input, and waits for its end. One at a time.
   *
   * @param timeoutMs - after this many milliseconds the guest is killed and the call rejects; 60 000 by default.
   * @param onOutput - is told what the script prints as it comes
   * @throws GuestError when the guest ends or reboots meanwhile.
   */
  async run(
    script: string,
    timeoutMs = DEFAULT_SCRIPT_TIMEOUT_MS,
    onOutput?: (bytes: Buffer) => void,
  ): Promise<ScriptResult> {
    return this.#alone(async () => {
      const { agent } = this.#running
      agent.onOutput = onOutput
      agent.send('RUN', Buffer.from(script))
      const marker = await this.#within(timeoutMs, 'end of a script')
      agent.onOutput = undefined
      if (marker.verb !== 'DONE') throw new GuestError('the guest rebooted while a script was running')
      return { exitCode: Number(marker.value), output: marker.before.toString() }
    })
  }

  /**
   * Runs a script that must succeed.
   *
   * @returns what it printed.
   * @throws GuestError with its output when its exit code is not 0.
   */
  async check(script: string, timeoutMs = DEFAULT_SCRIPT_TIMEOUT_MS): Promise<string> {
    const { exitCode, output } = await this.run(script, timeoutMs)
    if (exitCode !== 0)
      throw new GuestError(`a script ended with exit code ${exitCode}:\n${script}\n${output}`)
    return output
  }

  /**
   * Reboots the kernel without unmounting anything, as a reset does, and mounts again. Nothing in the guest's memory
   * survives; QEMU and its connections do.
   */
  async reboot(): Promise<void> {
    await this.#alone(async () => this.#running.agent.send('REBOOT'))
    await this.#comeUp()
  }

  /**
   * Executes a command of QEMU's monitor (QMP).
   *
   * @returns what QEMU answers.
   * @throws GuestError with what QEMU says against it.
   */
  execute(command: string, args: object = {}): Promise<unknown> {
    return Monitor.with(this.#running.monitorSocket, (monitor) => monitor.execute(command, args))
  }

  /**
   * Moves the machine to another QEMU while it runs (live migration). The first one is killed then.
   *
   * @throws GuestError when QEMU refuses or it takes too long: the machine runs on where it is.
   */
  async migrate(options: MigrationOptions): Promise<MigrationResult> {
    return this.#alone(async () => {
      const from = this.#running
      this.#moves += 1
      const name = String(this.#moves)
      const incoming = join(this.#parts.directory, `incoming-${name}`)
      const mounts = this.#options.mounts ?? []
      const moved = mounts.map((mount, at) => ({ ...mount, socket: options.sockets[at] ?? mount.socket }))
      const to = await launch(
        this.#parts,
        name,
        { ...this.#options, mounts: moved },
        { incoming, token: from.agent.token },
      )
      try {
        await listening(incoming, to.machine)
        const result = await migrate(from.monitorSocket, incoming, options)
        this.#running = to
        this.#watch(to)
        from.machine.kill()
        await from.machine.ended
        from.agent.close()
        return result
      } catch (error) {
        to.machine.kill()
        await to.machine.ended
        to.agent.close()
        throw error instanceof GuestError
          ? new GuestError(`${error.message}${consoleEnd(to.machine.console)}`)
          : error
      }
    })
  }

  /** Powers off without unmounting anything and waits for QEMU's end. */
  async powerOff(): Promise<void> {
    await this.#alone(async () => this.#running.agent.send('POWEROFF'))
    await this.ended
  }

  /** Kills QEMU and waits for its end. Does nothing to a guest that has ended. */
  async kill(): Promise<void> {
    this.#running.machine.kill()
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** Follows a QEMU to its end, as long as the guest is in it. */
  #watch({ machine, agent }: Running): void {
    machine.onPanic((line) => {
      agent.fail(
        new GuestError(`the guest's kernel gave up: ${line}${consoleEnd(machine.console, OOPS_LINES)}`),
      )
    })
    void machine.ended.then(async (how) => {
      if (this.#running.machine !== machine) return
      agent.fail(new GuestError(`QEMU ended with ${how}${consoleEnd(machine.console)}`))
      agent.close()
      await rm(this.#parts.directory, { recursive: true, force: true })
      this.#settle(how)
    })
  }

  async #comeUp(): Promise<void> {
    const marker = await this.#within(this.#options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS, 'boot')
    if (marker.verb !== 'READY') throw new GuestError('the guest answered out of turn')
    const script = mountScript(this.#options.mounts ?? [])
    if (script !== '') await this.check(script)
  }

  async #within(timeoutMs: number, what: string): Promise<Marker> {
    const timer = setTimeout(() => {
      this.#running.agent.fail(new GuestError(`no ${what} within ${timeoutMs} ms${consoleEnd(this.console)}`))
    }, timeoutMs)
    try {
      return await this.#running.agent.next()
    } catch (error) {
      await this.kill()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #alone<T>(action: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new GuestError('the guest is busy: it runs one script at a time')
    this.#busy = true
    try {
      return await action()
    } finally {
      this.#busy = false
    }
  }
}

/** Starts a QEMU; `name` tells its sockets from those of the others of a guest. */
async function launch(
  parts: GuestParts,
  name: string,
  options: GuestOptions,
  move?: { readonly incoming: string; readonly token: string },
): Promise<Running> {
  const { directory, qemu } = parts
  const agentSocket = join(directory, `agent-${name}`)
  const monitorSocket = join(directory, `monitor-${name}`)
  const agent = await Agent.listen(agentSocket, move?.token)
  try {
    const incoming = move === undefined ? {} : { incoming: move.incoming }
    const line = qemuCommandLine(
      { ...parts, ...incoming, agentSocket, monitorSocket, token: agent.token },
      options,
    )
    return { machine: new Machine(qemu, line), agent, monitorSocket }
  } catch (error) {
    agent.close()
    throw error
  }
}

/** Until a QEMU waits for a machine. */
async function listening(path: string, machine: Machine): Promise<void> {
  let ended: string | undefined
  void machine.ended.then((how) => {
    ended = how
  })
  while (!existsSync(path)) {
    if (ended !== undefined) throw new GuestError(`the other QEMU ended with ${ended}`)
    await sleep(POLL_MS)
  }
}

function consoleEnd(text: string, most = CONSOLE_LINES): string {
  const lines = text.trimEnd().split(/\r?\n/).slice(-most).join('\n')
  return lines === '' ? '' : `; the end of its console:\n${lines}`
}

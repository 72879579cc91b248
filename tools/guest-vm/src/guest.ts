import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, type Marker } from './agent.js'
import { resolveBusybox } from './assets/busybox.js'
import { resolveKernel } from './assets/kernel.js'
import { resolveQemu } from './assets/qemu.js'
import { mountScript, qemuCommandLine } from './command-line.js'
import { GuestError } from './guest-error.js'
import { writeInitramfs } from './initramfs/initramfs.js'
import { Machine } from './machine.js'
import type { GuestOptions } from './options.js'

/** How a script ended. */
export interface ScriptResult {
  readonly exitCode: number
  /** Standard output and standard error, in the order in which they were written. */
  readonly output: string
}

const DEFAULT_BOOT_TIMEOUT_MS = 60_000
const DEFAULT_SCRIPT_TIMEOUT_MS = 60_000

/**
 * A virtual machine that runs scripts. It has the kernel and the programs of busybox in its memory, no disk and no
 * network.
 *
 * A method that rejects leaves a guest of which nothing is known: {@link kill} it.
 */
export class Guest implements AsyncDisposable {
  /** Settles when QEMU has ended, with how it ended: `exit code 0` after a power-off, `signal SIGKILL`. */
  readonly ended: Promise<string>
  readonly #machine: Machine
  readonly #agent: Agent
  readonly #options: GuestOptions
  readonly #release: string
  #busy = false

  private constructor(
    machine: Machine,
    agent: Agent,
    directory: string,
    release: string,
    options: GuestOptions,
  ) {
    this.#machine = machine
    this.#agent = agent
    this.#options = options
    this.#release = release
    machine.onPanic((line) => agent.fail(new GuestError(`the guest's kernel gave up: ${line}`)))
    this.ended = machine.ended.then(async (how) => {
      agent.fail(new GuestError(`QEMU ended with ${how}${consoleEnd(machine.console)}`))
      agent.close()
      await rm(directory, { recursive: true, force: true })
      return how
    })
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
    let agent: Agent | undefined
    try {
      const initramfs = join(directory, 'initramfs')
      await writeInitramfs(initramfs, {
        ...{ kernel, busybox },
        modules: options.modules ?? [],
        programs: options.programs ?? [],
        files: options.files ?? {},
      })
      const agentSocket = join(directory, 'agent')
      agent = await Agent.listen(agentSocket)
      const parts = { qemu, kernel, initramfs, agentSocket, token: agent.token }
      const machine = new Machine(qemu, qemuCommandLine(parts, options))
      const guest = new Guest(machine, agent, directory, kernel.release, options)
      try {
        await guest.#comeUp()
      } catch (error) {
        await guest.kill()
        throw error
      }
      return guest
    } catch (error) {
      agent?.close()
      await rm(directory, { recursive: true, force: true })
      throw error
    }
  }

  /** The kernel that runs in the guest, as `uname -r` gives it. */
  get kernelRelease(): string {
    return this.#release
  }

  /** The process id of QEMU. */
  get pid(): number | undefined {
    return this.#machine.pid
  }

  /** The end of what the guest's kernel and QEMU printed; nothing of what scripts print. */
  get console(): string {
    return this.#machine.console
  }

  /**
   * Runs a script of this machine's `/bin/sh` as root, with no standard input, and waits for its end. One at a time.
   *
   * @param timeoutMs - after this many milliseconds the guest is killed and the call rejects; 60 000 by default.
   * @throws GuestError when the guest ends or reboots meanwhile.
   */
  async run(script: string, timeoutMs = DEFAULT_SCRIPT_TIMEOUT_MS): Promise<ScriptResult> {
    return this.#alone(async () => {
      this.#agent.send('RUN', Buffer.from(script))
      const marker = await this.#within(timeoutMs, 'end of a script')
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
    await this.#alone(async () => this.#agent.send('REBOOT'))
    await this.#comeUp()
  }

  /** Powers off without unmounting anything and waits for QEMU's end. */
  async powerOff(): Promise<void> {
    await this.#alone(async () => this.#agent.send('POWEROFF'))
    await this.ended
  }

  /** Kills QEMU and waits for its end. Does nothing to a guest that has ended. */
  async kill(): Promise<void> {
    this.#machine.kill()
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #comeUp(): Promise<void> {
    const marker = await this.#within(this.#options.bootTimeoutMs ?? DEFAULT_BOOT_TIMEOUT_MS, 'boot')
    if (marker.verb !== 'READY') throw new GuestError('the guest answered out of turn')
    const script = mountScript(this.#options.mounts ?? [])
    if (script !== '') await this.check(script)
  }

  async #within(timeoutMs: number, what: string): Promise<Marker> {
    const timer = setTimeout(() => {
      this.#agent.fail(new GuestError(`no ${what} within ${timeoutMs} ms${consoleEnd(this.console)}`))
    }, timeoutMs)
    try {
      return await this.#agent.next()
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

function consoleEnd(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/).slice(-20).join('\n')
  return lines === '' ? '' : `; the end of its console:\n${lines}`
}

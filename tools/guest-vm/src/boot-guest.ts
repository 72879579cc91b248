import { Guest, type ScriptResult } from './guest.js'
import type { GuestOptions } from './options.js'

/** A guest for one script. */
export interface BootOptions extends GuestOptions {
  /** Script for this machine's `/bin/sh`, run as root once everything is mounted. */
  readonly script: string
  /** How long the script may take, in milliseconds; 60 000 by default. */
  readonly timeoutMs?: number
  /** Is told what the script prints as it comes; the result has all of it. */
  readonly onOutput?: (bytes: Buffer) => void
}

/** How the script ended, and what the guest's kernel and QEMU printed meanwhile. */
export interface BootResult extends ScriptResult {
  readonly console: string
}

/**
 * Boots a guest, runs one script in it and powers it off.
 *
 * @throws GuestError when the guest cannot be had or does not do its part; an exit code other than 0 is a result.
 */
export async function bootGuest(options: BootOptions): Promise<BootResult> {
  const guest = await Guest.start(options)
  try {
    const result = await guest.run(options.script, options.timeoutMs, options.onOutput)
    await guest.powerOff()
    return { ...result, console: guest.console }
  } finally {
    await guest.kill()
  }
}

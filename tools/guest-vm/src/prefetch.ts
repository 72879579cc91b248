import { resolveBusybox } from './assets/busybox.js'
import { type KernelVersion, resolveKernel } from './assets/kernel.js'
import { type QemuChoice, resolveQemu } from './assets/qemu.js'
import { GuestError } from './guest-error.js'

/** What a guest is made of. */
export interface GuestParts {
  readonly kernel?: KernelVersion
  readonly qemu?: QemuChoice
}

/**
 * Fetches what guests need and this machine does not have.
 *
 * @throws GuestError saying what is missing and why it cannot be fetched.
 */
export async function prefetch(parts: GuestParts = {}): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new GuestError(
      `guests run on Linux on x64 only, and this is ${process.platform} on ${process.arch}`,
    )
  }
  await resolveQemu(parts.qemu)
  await resolveKernel(parts.kernel ?? '6.1')
  await resolveBusybox()
}

/**
 * Why no guest can be booted here, for tests that skip then; undefined when one can. Fetches what is missing.
 */
export async function guestUnavailable(parts: GuestParts = {}): Promise<string | undefined> {
  try {
    await prefetch(parts)
    return undefined
  } catch (error) {
    if (error instanceof GuestError) return error.message
    throw error
  }
}

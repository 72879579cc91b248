import { S_IFIFO, S_IFSOCK } from '@fb/sys'
import { descriptorType } from './descriptor-type.js'
import type { VhostUserDevice } from './device.js'
import type { Logger } from './logger.js'
import type { OwnedFd } from './owned-fd.js'

/** Which way internal state goes (vhost-user, "Device state transfer parameters"). */
export const TransferDirection = { SAVE: 0, LOAD: 1 } as const

/** The only phase of a migration that is defined: the guest and the device are stopped. */
export const PHASE_STOPPED = 0

/** Whether state may go through a descriptor: a pipe or a socket, which can be waited for; not a file that somebody serves. */
export function isStream(fd: number): boolean {
  const type = descriptorType(fd)
  return type === S_IFIFO || type === S_IFSOCK
}

/**
 * One transfer of internal state. It goes on while messages are handled; its end is the end of the file, and the front
 * end asks how it went.
 */
export class DeviceStateTransfer {
  /** Whether all went well; settles once the descriptor is closed. Never rejects. */
  readonly done: Promise<boolean>
  readonly #abort = new AbortController()
  #running = true

  /** Takes the descriptor. */
  constructor(device: VhostUserDevice, direction: number, fd: OwnedFd, logger: Logger) {
    this.done = this.#run(device, direction, fd, logger)
  }

  /** Whether the device still writes or reads. */
  get running(): boolean {
    return this.#running
  }

  /** Nobody waits for it any more: the device shall end it. */
  abort(): void {
    this.#abort.abort()
  }

  async #run(device: VhostUserDevice, direction: number, fd: OwnedFd, logger: Logger): Promise<boolean> {
    try {
      const { signal } = this.#abort
      await (direction === TransferDirection.SAVE
        ? device.saveState?.(fd.fd, signal)
        : device.loadState?.(fd.fd, signal))
      return true
    } catch (error) {
      logger.error({ err: error }, 'the transfer of device state failed')
      return false
    } finally {
      this.#running = false
      fd.close()
    }
  }
}

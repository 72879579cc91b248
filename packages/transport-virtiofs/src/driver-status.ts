import type { Logger } from '@fb/api'

/** Bits of the device status (virtio 1.2, 2.1). */
const DRIVER_OK = 4
const FAILED = 128

/**
 * What the driver says about itself, for the log. Nothing is thrown away when it says 0: QEMU says that whenever it
 * pauses the virtual machine.
 */
export class DriverStatus {
  readonly #logger: Logger
  #status = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** The driver has set its status. */
  change(status: number): void {
    const set = status & ~this.#status
    this.#status = status
    if ((set & FAILED) !== 0) this.#logger.warn({ status }, 'the driver of the guest has given up')
    else if ((set & DRIVER_OK) !== 0) this.#logger.debug({ status }, 'the driver of the guest is ready')
  }
}

import type { Logger } from '@fb/api'
import { announceStopping } from './announce.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Signals within so many milliseconds ask once for the end. */
const ONE_SIGNAL_MS = 1000

/**
 * Resolves when SIGINT, SIGTERM or SIGHUP asks for the end; logs that, and tells a service manager. Until it is called, a
 * signal ends the process at once; a second one does so again, a second after the first: it ends what takes too long. It
 * does not keep the process alive: Node.js ends with exit code 13 where nothing else does.
 */
export async function untilSignal(logger: Logger): Promise<void> {
  await new Promise<void>((resolve) => {
    let stopping = false
    const stop = (signal: string): void => {
      if (stopping) return
      stopping = true
      logger.info({ signal }, 'stopping')
      announceStopping()
      // Many send a signal to the process and to its group: two in a row are one.
      setTimeout(() => {
        for (const each of SIGNALS) process.off(each, stop)
      }, ONE_SIGNAL_MS).unref()
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, stop)
  })
}

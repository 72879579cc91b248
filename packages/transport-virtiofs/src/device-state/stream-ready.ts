import { check, getfl, O_NONBLOCK, setfl, watchFd } from '@fb/sys'

/** Makes reading and writing a descriptor never wait, for all that have the same open file. */
export function makeNonBlocking(fd: number): void {
  check(setfl(fd, check(getfl(fd), 'fcntl') | O_NONBLOCK), 'fcntl')
}

/** Until a pipe or socket is ready. Rejects with the reason of the signal when that is aborted. */
export function streamReady(fd: number, events: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      watcher.stop()
      signal.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      end()
      reject(signal.reason)
    }
    const watcher = watchFd(fd, events, () => {
      end()
      resolve()
    })
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
}

import { isMainThread } from 'node:worker_threads'
import { runExitActions } from './exit-hook.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type HandledSignal = (typeof SIGNALS)[number]

/** Unmounts one session; never rejects. */
type Unmount = () => Promise<void>

const sessions = new Set<Unmount>()
let stopping = false

/**
 * Has a session unmounted when the process gets SIGINT, SIGTERM or SIGHUP, until the returned function is called. The
 * process then ends of that signal, as it would have, unless somebody else handles it too. A second signal does not
 * wait for what the unmounting waits for. Only the main thread gets signals: elsewhere nothing happens.
 */
export function unmountOnSignals(unmount: Unmount): () => void {
  if (!isMainThread) return () => {}
  if (sessions.size === 0) for (const signal of SIGNALS) process.on(signal, handle)
  sessions.add(unmount)
  return () => {
    sessions.delete(unmount)
    // While stopping the handler stays, so that an impatient second signal still unmounts.
    if (sessions.size === 0 && !stopping) removeHandlers()
  }
}

function handle(signal: HandledSignal): void {
  if (stopping) {
    runExitActions()
    end(signal)
    return
  }
  stopping = true
  void Promise.all([...sessions].map((unmount) => unmount())).finally(() => end(signal))
}

function end(signal: HandledSignal): void {
  stopping = false
  removeHandlers()
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

function removeHandlers(): void {
  for (const signal of SIGNALS) process.off(signal, handle)
}

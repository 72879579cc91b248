import { leaveNow } from '@fb/sys'

/** Something to be put in order when the process ends, without the event loop. */
export interface ExitAction {
  /** Where the mount is; `undefined` where there is none. */
  readonly path: string | undefined
  readonly run: () => void
}

const actions = new Set<ExitAction>()

/** Runs `action` when the process (or this worker thread) ends by itself, until the returned function is called. */
export function onExit(action: ExitAction): () => void {
  if (actions.size === 0) process.on('exit', atExit)
  actions.add(action)
  return () => {
    actions.delete(action)
    if (actions.size === 0) process.off('exit', atExit)
  }
}

/**
 * Puts everything in order now. Outer mounts first: looking up a path through a mount that this thread serves would wait
 * for ever, and detaching the outer one takes what is mounted below it along.
 */
export function runExitActions(): void {
  const ordered = [...actions].sort((a, b) => (a.path?.length ?? 0) - (b.path?.length ?? 0))
  for (const action of ordered) action.run()
}

function atExit(code: number): void {
  runExitActions()
  leaveNow(code)
}

import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** Waits until `condition` holds; throws with `what` after `timeout` milliseconds. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeout = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeout
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms for: ${what}`)
    await sleep(POLL_MS)
  }
}

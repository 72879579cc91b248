/**
 * How a daemon in the background was launched: what its launcher (`run-in-background.ts`) tells it, by way of variables of
 * the environment. Threads of the daemon have the same.
 */

/** Descriptor of the pipe to the launcher. */
export const READY_FD = 'FB_DAEMON_READY_FD'
/** Set where the launcher shows what the daemon writes to people, on a terminal. */
export const FOR_PEOPLE = 'FB_DAEMON_FOR_PEOPLE'

/** Whether a launcher has put this process in the background. */
export function isInBackground(): boolean {
  return process.env[READY_FD] !== undefined
}

/** Whether standard error leads to a terminal. */
export function isForPeople(): boolean {
  return process.stderr.isTTY || process.env[FOR_PEOPLE] !== undefined
}

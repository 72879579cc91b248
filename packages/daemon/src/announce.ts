import { AT_FDCWD, close, dup3, O_RDWR, openat, sendUnixDatagram, write } from '@fb/sys'
import { READY_FD } from './launch.js'

const NOTIFY_SOCKET = 'NOTIFY_SOCKET'
const OUTPUTS = [1, 2]
const encoder = new TextEncoder()

/**
 * Says that the daemon serves, once and from its main thread: a line on standard output, READY=1 to a service manager that
 * has asked for it (sd_notify(3), `Type=notify`), and the end of waiting for the launcher of a daemon in the background, which
 * then has no output any more and no directory of others in use.
 * @param what - `serving SOURCE at MOUNTPOINT`
 * @param how - how to stop it, for people who see the line
 */
export function announceReady(what: string, how: string): void {
  process.stdout.write(`${what} (${how})\n`)
  notifyManager('READY=1', `STATUS=${what}`)
  const launcher = process.env[READY_FD]
  if (launcher === undefined) return
  process.chdir('/')
  leaveOutput()
  const fd = Number(launcher)
  const line = encoder.encode('ready\n')
  write(fd, line, 0, line.length)
  close(fd)
}

/** Tells a service manager that the daemon is about to end. */
export function announceStopping(): void {
  notifyManager('STOPPING=1')
}

/** Sends assignments to the service manager. One that does not listen is no reason to fail. */
function notifyManager(...assignments: readonly string[]): void {
  const socket = process.env[NOTIFY_SOCKET]
  // A socket of another kind (vsock:) is for a manager outside of this machine.
  if (socket === undefined || !/^[/@]/.test(socket)) return
  const lines = assignments.map((assignment) => assignment.replaceAll('\n', ' '))
  sendUnixDatagram(encoder.encode(socket.replace(/^@/, '\0')), encoder.encode(lines.join('\n')))
}

/** The launcher is about to go, and its pipes with it. */
function leaveOutput(): void {
  const nowhere = openat(AT_FDCWD, '/dev/null', O_RDWR, 0)
  if (nowhere < 0) return
  for (const output of OUTPUTS) dup3(nowhere, output)
  close(nowhere)
}

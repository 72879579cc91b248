/** The first descriptor that systemd passes on (sd_listen_fds(3), SD_LISTEN_FDS_START). */
const FIRST = 3

/** Name of the control socket, where a service manager has opened it. */
export const CONTROL_SOCKET_NAME = 'control'

/**
 * The sockets that a service manager listens at for this process, by name, each with its descriptor (sd_listen_fds(3); the name
 * is `FileDescriptorName=` of systemd.socket(5)). Of several with one name the first counts. Empty where there are none.
 *
 * @param environment - its variables LISTEN_* are removed: they are not for processes that this one starts
 */
export function activationSockets(environment: NodeJS.ProcessEnv = process.env): ReadonlyMap<string, number> {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = '' } = environment
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  const sockets = new Map<string, number>()
  if (pid !== String(process.pid) || !/^[0-9]{1,4}$/.test(count ?? '')) return sockets
  const named = names.split(':')
  for (let at = 0; at < Number(count); at += 1) {
    const name = named[at] || 'unknown'
    if (!sockets.has(name)) sockets.set(name, FIRST + at)
  }
  return sockets
}

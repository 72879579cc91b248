/**
 * What the process of a daemon needs around the file systems that it serves: exit codes and errors of one line, a log,
 * signals, and a tree that is opened as its command line says.
 *
 * ```ts
 * await runDaemon({
 *   name: 'mine',
 *   manifest: new URL('../package.json', import.meta.url),
 *   serve: async ([source], version) => {
 *     if (source === undefined) throw new UsageError('no source is given')
 *     const { logger } = openLog({ program: 'mine', logLevel: 'info', syslog: false })
 *     const { close } = serve(source, version, logger)
 *     await untilSignal(logger)
 *     await close()
 *   },
 * })
 * ```
 *
 * @packageDocumentation
 */

export { activationSockets, CONTROL_SOCKET_NAME } from './activation-sockets.js'
export { announceReady } from './announce.js'
export { checkOptions, parseCommandLine, parseNumber, readTree } from './command-line.js'
export { ExitCode } from './exit-code.js'
export { FatalError } from './fatal-error.js'
export { isInBackground } from './launch.js'
export { createLogger, type Log, type LogOptions, type LogSink, openLog } from './log.js'
export { openDaemonTree } from './open-daemon-tree.js'
export { type Daemon, runDaemon } from './run-daemon.js'
export { runInBackground } from './run-in-background.js'
export { untilSignal } from './until-signal.js'
export { UsageError } from './usage-error.js'

import { openSync } from 'node:fs'
import type { LeveledLogger, LogLevel } from '@fb/control'
import { pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import { isForPeople, isInBackground } from './launch.js'
import { hasSyslog, openSyslog, writeToSyslog } from './syslog.js'
import { UsageError } from './usage-error.js'

const STDERR = 2
/** A log may tell names of files. */
const LOG_FILE_MODE = 0o600

/** Where lines go in place of standard error: a descriptor, which all threads of the process have. */
export interface LogSink {
  /** `syslog`: a pipe to logger(1), which takes priorities. */
  readonly kind: 'syslog' | 'file'
  readonly fd: number
}

/** A logger, and what a thread needs to log to the same place. */
export interface Log {
  readonly logger: LeveledLogger
  /** Absent where lines go to standard error. */
  readonly sink: LogSink | undefined
}

/** What {@link openLog} is to do. */
export interface LogOptions {
  /** Name of the program in the system log. */
  readonly program: string
  readonly logLevel: LogLevel
  /** Log to the system log. */
  readonly syslog: boolean
  /** File to append to instead. */
  readonly logFile?: string | undefined
}

/**
 * The log of the daemon: a file, the system log, or standard error. A daemon in the background, which has no standard error
 * to keep, logs to the system log where there is one. Throws UsageError where what was asked for cannot be opened.
 */
export function openLog({ program, logLevel, syslog, logFile }: LogOptions): Log {
  const sink = openSink(program, syslog, logFile)
  return { logger: createLogger(logLevel, sink), sink }
}

function openSink(program: string, syslog: boolean, logFile: string | undefined): LogSink | undefined {
  if (logFile !== undefined) return { kind: 'file', fd: openLogFile(logFile) }
  if (syslog || (isInBackground() && hasSyslog())) return { kind: 'syslog', fd: openSyslog(program) }
  return undefined
}

/** Appending: several threads, and whoever cuts the file off, write to its end. */
function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', LOG_FILE_MODE)
  } catch (error) {
    throw new UsageError(`--log-file: ${(error as Error).message}`)
  }
}

/**
 * A logger to a sink, or to stderr: for people on a terminal, JSON lines elsewhere. Lines are written at once, so that none
 * is lost when the process ends; what nobody takes is dropped.
 * @param sink - from {@link Log}; without it, stderr
 */
export function createLogger(level: LogLevel, sink?: LogSink): LeveledLogger {
  const options = { level, base: null }
  if (sink?.kind === 'syslog') {
    // The system log knows the time.
    return pino({ ...options, timestamp: false }, { write: (line: string) => writeToSyslog(sink.fd, line) })
  }
  if (sink === undefined && isForPeople()) {
    return pino(
      options,
      PinoPretty({
        destination: 2,
        sync: true,
        colorize: process.stderr.isTTY,
        translateTime: 'SYS:HH:MM:ss',
        ignore: 'err',
      }),
    )
  }
  const destination = pino.destination({ dest: sink?.fd ?? STDERR, sync: true })
  // A disk that is full, a reader that has gone: no reason to stop serving.
  destination.on('error', () => {})
  return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

import type { LeveledLogger, LogLevel } from '@fb/control'
import { pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import { openSyslog, writeToSyslog } from './syslog.js'

/** A logger, and what a thread needs to log to the same place. */
export interface Log {
  readonly logger: LeveledLogger
  /** Pipe to the system log; absent where lines go to standard error. */
  readonly syslogFd: number | undefined
}

/** What {@link openLog} is to do. */
export interface LogOptions {
  /** Name of the program in the system log. */
  readonly program: string
  readonly logLevel: LogLevel
  /** Log to the system log. */
  readonly syslog: boolean
}

/** The log of the daemon. Throws UsageError where there is no system log and it was asked for. */
export function openLog({ program, logLevel, syslog }: LogOptions): Log {
  const syslogFd = syslog ? openSyslog(program) : undefined
  return { logger: createLogger(logLevel, syslogFd), syslogFd }
}

/**
 * A logger to the system log, or to stderr: for people on a terminal, JSON lines elsewhere. Lines are written at once, so
 * that none is lost when the process ends; what nobody takes is dropped.
 * @param syslogFd - pipe to the system log, from {@link Log}; without it, stderr
 */
export function createLogger(level: LogLevel, syslogFd?: number): LeveledLogger {
  const options = { level, base: null }
  if (syslogFd !== undefined) {
    // The system log knows the time.
    return pino({ ...options, timestamp: false }, { write: (line: string) => writeToSyslog(syslogFd, line) })
  }
  if (process.stderr.isTTY) {
    return pino(
      options,
      PinoPretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'err' }),
    )
  }
  const destination = pino.destination({ dest: 2, sync: true })
  // A disk that is full, a reader that has gone: no reason to stop serving.
  destination.on('error', () => {})
  return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

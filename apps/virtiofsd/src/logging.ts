import type { LeveledLogger, LogLevel } from '@fb/control'
import { pino } from 'pino'
import { PinoPretty } from 'pino-pretty'

/**
 * A logger to stderr: for people on a terminal, JSON lines elsewhere. Lines are written at once, so that none is lost
 * when the process ends.
 */
export function createLogger(level: LogLevel): LeveledLogger {
  const options = { level, base: null }
  if (process.stderr.isTTY) {
    return pino(
      options,
      PinoPretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'err' }),
    )
  }
  return pino(
    { ...options, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}

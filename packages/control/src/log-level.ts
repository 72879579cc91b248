/** Log levels, the loudest last. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
/** What a daemon logs. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where a back end writes what an operator should know. A pino logger fits. */
export interface Logger {
  error(detail: object, message: string): void
  warn(detail: object, message: string): void
  info(detail: object, message: string): void
  debug(detail: object, message: string): void
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
}

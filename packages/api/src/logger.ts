/** Where a server writes what an operator should know. A pino logger fits. */
export interface Logger {
  error(detail: object, message: string): void
  warn(detail: object, message: string): void
  info(detail: object, message: string): void
  debug(detail: object, message: string): void
}

/** A logger that writes nothing but errors, to stderr. */
export const quietLogger: Logger = {
  error(detail, message) {
    console.error(message, detail)
  },
  warn() {},
  info() {},
  debug() {},
}

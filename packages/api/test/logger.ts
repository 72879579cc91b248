import type { Logger } from '../src/logger.js'

/** One line of a log. */
export interface Line {
  readonly level: keyof Logger
  readonly detail: { readonly [key: string]: unknown }
  readonly message: string
}

/** A logger that keeps what it is told. */
export function recordingLogger(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: keyof Logger) =>
    (detail: object, message: string): void => {
      lines.push({ level, detail: { ...detail }, message })
    }
  return { logger: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }, lines }
}

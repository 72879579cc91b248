import { write } from '@fb/sys'

const STDERR = 2

/** One line to stderr in one write(2): lines of several threads do not mix. */
export function traceLine(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  write(STDERR, bytes, 0, bytes.length)
}

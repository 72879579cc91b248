import { quietLogger } from '@fb/api'
import type { LeveledLogger } from '../src/index.js'

/** A logger whose level can be set, and that keeps what was logged as warning or error. */
export function keepingLogger(): LeveledLogger & { readonly kept: string[] } {
  const kept: string[] = []
  const keep = (_fields: object, message: string): void => void kept.push(message)
  return { ...quietLogger, level: 'info', kept, warn: keep, error: keep }
}

import { MountOptionError } from './mount-option-error.js'

const BACKSLASH = 0x5c
const COMMA = 0x2c
const ENCODER = new TextEncoder()

/**
 * Splits the argument of `-o` at its commas, with the escapes that libfuse knows (fuse_opt.c): a backslash takes
 * the next character as it is (`\,`, `\\`), and backslash with three octal digits up to `\377` is one byte.
 * A backslash at the very end stands for itself. Empty items are left out.
 */
export function splitOptions(text: string): string[] {
  const bytes = ENCODER.encode(text)
  const items: string[] = []
  let item: number[] = []
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte === COMMA) {
      if (item.length > 0) items.push(decode(item))
      item = []
    } else if (byte === BACKSLASH && at + 1 < bytes.length) {
      const octal = octalAt(bytes, at + 1)
      item.push(octal ?? (bytes[at + 1] as number))
      at += octal === undefined ? 1 : 3
    } else {
      item.push(byte)
    }
  }
  if (item.length > 0) items.push(decode(item))
  return items
}

/** The byte that three octal digits name; `undefined` where there are no such digits. */
function octalAt(bytes: Uint8Array, at: number): number | undefined {
  let value = 0
  for (let index = 0; index < 3; index += 1) {
    const digit = (bytes[at + index] ?? 0) - 0x30
    if (digit < 0 || digit > (index === 0 ? 3 : 7)) return undefined
    value = value * 8 + digit
  }
  return value
}

function decode(item: number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(item))
  } catch {
    throw new MountOptionError('a mount option is not valid UTF-8 once its octal escapes are resolved')
  }
}

/** Makes `value` one item of an `-o` list again: the inverse of {@link splitOptions}. */
export function escapeOption(value: string): string {
  return value.replace(/[\\,]/g, '\\$&')
}

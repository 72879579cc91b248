/** Bytes of a name that are shown; the rest is cut, and `...` stands after the quote. */
const MAX_SHOWN = 256
const DECODER = new TextDecoder('utf-8', { fatal: true })
/** Control, format, unassigned and separating characters: they move the cursor or hide what stands there. */
const INVISIBLE = /[\p{C}\p{Z}]/u
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

/**
 * A name in quotes, on one line and without anything that a terminal obeys: what is not visible text is written as
 * `\n`, `\t` or `\xNN`, byte by byte.
 */
export function escapeName(name: Uint8Array): string {
  const shown = name.subarray(0, MAX_SHOWN)
  const text = decode(shown)
  const escaped = text === undefined ? Array.from(shown, escapeByte).join('') : escapeText(text)
  return name.length > MAX_SHOWN ? `"${escaped}"...` : `"${escaped}"`
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes)
  } catch {
    return undefined
  }
}

function escapeText(text: string): string {
  let escaped = ''
  for (const character of text) {
    const short = SHORT[character]
    if (short !== undefined) escaped += short
    else if (character === ' ' || !INVISIBLE.test(character)) escaped += character
    else escaped += Array.from(new TextEncoder().encode(character), hexByte).join('')
  }
  return escaped
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte)
  return SHORT[character] ?? (byte >= 0x20 && byte < 0x7f ? character : hexByte(byte))
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

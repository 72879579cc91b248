const DECODER = new TextDecoder('utf-8', { fatal: true })
const ENCODER = new TextEncoder()

/**
 * A name as text. Names are bytes on Linux: throws TypeError for one that is not UTF-8, because text made
 * with replacement characters would name another file.
 */
export function nameToString(name: Uint8Array): string {
  return DECODER.decode(name)
}

/** The bytes of a name given as text. */
export function nameToBytes(name: string): Uint8Array {
  return ENCODER.encode(name)
}

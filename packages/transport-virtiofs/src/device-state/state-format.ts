/**
 * How the state of a device goes through a pipe: this, and then pieces, each behind its length (32 bits, little-endian).
 * The first piece is the device's, the others are those of its file system; the length 0 is the end.
 */
export const STATE_MAGIC: Uint8Array = new TextEncoder().encode('fb-virtiofs-1\n\0\0')

/** Bytes of a length. */
export const LENGTH_BYTES = 4

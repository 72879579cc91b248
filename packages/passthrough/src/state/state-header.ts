import { StateError } from '@fb/api'
import { z } from 'zod'

/** A number of 32 bits without sign. */
const word = z.number().int().min(0).max(0xffff_ffff)

const stateHeader = z.strictObject({
  format: z.literal('passthrough'),
  version: z.literal(2),
  /** What the source is. */
  root: z.enum(['directory', 'file']),
  /** `SessionFlag` bits. */
  flags: word,
  /** Highest generation that an inode was given. */
  generation: word,
  files: z.strictObject({
    /** Records that were ever used: every number that was given out is of one of them. */
    used: word,
    /** Highest generation that one was given. */
    generation: word,
  }),
})

/** The first piece of the state of a `PassthroughFs`. */
export type StateHeader = z.output<typeof stateHeader>

export function encodeHeader(header: StateHeader): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(header))
}

/** Throws a StateError for what is none. */
export function decodeHeader(piece: Uint8Array): StateHeader {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(piece))
  } catch {
    throw new StateError('the state does not begin as one of a directory does')
  }
  const parsed = stateHeader.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new StateError(
    `the state is not one that this version understands: ${issue?.path.join('.')}: ${issue?.message}`,
  )
}

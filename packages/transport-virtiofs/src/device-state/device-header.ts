import { type Negotiated, StateError } from '@fb/api'
import { z } from 'zod'

/** Most requests of a queue that may be out: a queue has no more descriptors. */
const MOST_HEADS = 32_768

const whole = (least: number, most: number) => z.number().int().min(least).max(most)
/** 64 bits without sign, in decimal. */
const bits = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt)
  .refine((value) => value < 2n ** 64n, 'more than 64 bits')

const negotiated = z
  .strictObject({
    major: z.literal(7),
    minor: whole(9, 0xffff),
    offered: bits,
    flags: bits,
    maxWrite: whole(4096, 2 ** 30),
    maxReadahead: whole(0, 0xffff_ffff),
    maxBackground: whole(1, 0xffff),
    congestionThreshold: whole(1, 0xffff),
    timeGran: whole(1, 1_000_000_000),
    maxPages: whole(1, 0xffff),
    mapAlignment: whole(0, 63),
    maxStackDepth: whole(0, 2),
    requestTimeout: whole(0, 0xffff),
  })
  .refine(({ offered, flags }) => (flags & ~offered) === 0n, 'features are on that were not offered')

const deviceHeader = z.strictObject({
  /** What INIT settled; null where the guest has not mounted. */
  session: negotiated.nullable(),
  /** By queue: heads of requests that wait for a lock, to be handed out again. */
  setAside: z
    .array(z.tuple([whole(0, 255), z.array(whole(0, MOST_HEADS - 1)).max(MOST_HEADS)]))
    .max(256)
    .default([]),
})

/** What the device itself knows, the first piece of its state. */
export interface DeviceHeader {
  readonly session: Negotiated | null
  readonly setAside: readonly (readonly [queue: number, heads: readonly number[]])[]
}

export function encodeDeviceHeader(header: DeviceHeader): Uint8Array {
  const text = JSON.stringify(header, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return new TextEncoder().encode(text)
}

/** Throws a StateError for what is none. */
export function decodeDeviceHeader(piece: Uint8Array): DeviceHeader {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(piece))
  } catch {
    throw new StateError('the state does not begin as one of a device does')
  }
  const parsed = deviceHeader.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new StateError(`the state of the device is not sound: ${issue?.path.join('.')}: ${issue?.message}`)
}

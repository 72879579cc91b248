import { type ConnectionLimits, StateError } from '@fb/api'
import { type PseudoSnapshot, parsePseudoSnapshot } from '@fb/pseudo-fs'
import { z } from 'zod'
import { INDEX_COUNT, SHARE } from '../node-ids.js'

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => z.number().int().min(least).max(most)
const index = whole(0, INDEX_COUNT - 1)
const u32 = whole(0, 0xffff_ffff)
/** 64 bits without sign, in decimal. */
const bits = z
  .string()
  .refine((text) => /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n, 'not a number of 64 bits')
/** One character for each byte. */
const latin1 = z
  .string()
  .max(4096)
  .regex(/^[\0-\xff]*$/)

const limits: z.ZodType<ConnectionLimits> = z.strictObject({
  maxWrite: whole(4096, 2 ** 30),
  maxReadahead: u32,
  maxBackground: whole(1, 0xffff),
  congestionThreshold: whole(1, 0xffff),
  timeGran: whole(1, 1_000_000_000),
  mapAlignment: whole(0, 63),
  maxStackDepth: whole(0, 2),
  requestTimeout: whole(0, 0xffff),
})

const lock = z.strictObject({
  node: whole(1, SHARE - 1),
  owner: bits,
  start: bits,
  end: bits,
  type: whole(0, 1),
  pid: u32,
  flock: z.boolean(),
  fh: whole(0),
})

const mount = z.strictObject({
  index,
  epoch: u32,
  /** Out of the tree: all that is left of it is what the client has not forgotten. */
  removed: z.boolean(),
  path: latin1,
  masks: z.boolean(),
  truncates: z.boolean(),
  locks: z.array(lock),
})

const place = z.strictObject({
  id: u32,
  /** 0 for the root. */
  parent: u32,
  name: latin1.max(255),
  /** Indexes of what is mounted here, the last on top. */
  stack: z.array(index),
  /** The directory under the mounts, as far as it is known. */
  ground: z.strictObject({ index, node: whole(1, SHARE - 1), held: z.boolean() }).nullable(),
})

const treeState = z.strictObject({
  format: z.literal('vfs'),
  version: z.literal(1),
  connection: z.strictObject({
    major: z.literal(7),
    minor: u32,
    offered: bits,
    flags: bits,
    defaults: bits,
    limits,
  }),
  nextPlace: u32,
  nextIndex: index,
  epochs: z.array(z.tuple([index, u32])),
  mounts: z.array(mount),
  places: z.array(place),
  pseudo: z.unknown(),
})

/** What a tree itself knows, but for the nodes and open files of the client. */
export interface TreeState extends Omit<z.output<typeof treeState>, 'pseudo'> {
  readonly pseudo: PseudoSnapshot
}

/** A mount of a {@link TreeState}. */
export type MountState = TreeState['mounts'][number]

/** A byte range or whole-file lock; numbers of 64 bits are in decimal. */
export type LockState = MountState['locks'][number]

/** What INIT settled; `InitFlag` bits are in decimal. `defaults`: what was on before any back end had a say. */
export type ConnectionState = TreeState['connection']

/** A place of a {@link TreeState}. */
export type PlaceState = TreeState['places'][number]

/** Throws a StateError for a text that is no {@link TreeState}. */
export function parseTreeState(text: string): TreeState {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StateError('the state does not begin as one of a tree does')
  }
  const parsed = treeState.safeParse(value)
  if (parsed.success) return { ...parsed.data, pseudo: parsePseudoSnapshot(parsed.data.pseudo) }
  const [issue] = parsed.error.issues
  throw new StateError(`the state of the tree is not sound: ${issue?.path.join('.')}: ${issue?.message}`)
}

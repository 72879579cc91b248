import { z } from 'zod'
import { LOG_LEVELS, type LogLevel } from './log-level.js'
import { type MountSpec, mountSpec } from './mount-spec.js'

/** Most bytes of a line that a client sends, without its end. */
export const MAX_LINE = 64 * 1024
/** Seconds that `quiesce` waits for operations that are under way, unless it says otherwise. */
export const QUIESCE_TIMEOUT = 30
/** Seconds after which operations go on by themselves, unless `quiesce` says otherwise. */
export const QUIESCE_HOLD = 60
const MAX_QUIESCE_TIMEOUT = 3600
const MAX_QUIESCE_HOLD = 86_400

/** Comes back with the answer, so that a client can tell answers apart. */
const id = z.union([z.string().max(256), z.number(), z.null()]).optional()

/**
 * What a client may ask: one line of JSON each. The answer is one line as well: `{ id, ok: true, result }`, or
 * `{ id, ok: false, error: { code, message } }` with the name of an errno as `code`.
 */
export const controlRequest = z.discriminatedUnion('command', [
  z.strictObject({ id, command: z.literal('status') }),
  z.strictObject({ id, command: z.literal('list') }),
  z.strictObject({
    id,
    command: z.literal('mount'),
    mount: mountSpec,
    /** Take the place of what is mounted there, in one step. */
    replace: z.boolean().optional(),
    /** With `replace`: as for `umount`. */
    lazy: z.boolean().optional(),
  }),
  z.strictObject({
    id,
    command: z.literal('umount'),
    path: z.string(),
    /** Go on serving those who have files of it open, until they are done. */
    lazy: z.boolean().optional(),
  }),
  z.strictObject({
    id,
    command: z.literal('move'),
    /** What is mounted on top there goes, with all mounts below it, in one step. Open files stay open. */
    from: z.string(),
    to: z.string(),
  }),
  z.strictObject({ id, command: z.literal('log-level'), level: z.enum(LOG_LEVELS) }),
  z.strictObject({ id, command: z.literal('stats'), format: z.enum(['json', 'prometheus']).optional() }),
  z.strictObject({
    id,
    command: z.literal('quiesce'),
    /** Seconds to wait for operations that are under way; then everything goes on, and the answer is ETIMEDOUT. */
    timeout: z.number().min(0).max(MAX_QUIESCE_TIMEOUT).optional(),
    /**
     * Seconds after which operations go on though nobody said `resume`, for whoever shall say it may be gone: `resume` is
     * refused with EALREADY then.
     */
    hold: z.number().min(0).max(MAX_QUIESCE_HOLD).optional(),
  }),
  z.strictObject({ id, command: z.literal('resume') }),
])
/** See {@link controlRequest}. */
export type ControlRequest = z.infer<typeof controlRequest>
/** What can be asked. */
export type ControlCommand = ControlRequest['command']

/** What a daemon is and does, answered to `status`. */
export interface Status {
  /** `fusedev-daemon`, `virtiofsd`. */
  readonly program: string
  readonly version: string
  readonly pid: number
  /** Seconds since it started. */
  readonly uptime: number
  /** Mount point, or socket of the device. */
  readonly serving: string
  /** A client has set the connection up. */
  readonly connected: boolean
  /** Operations wait until `resume`. */
  readonly quiesced: boolean
  /** Where they do: seconds after which they go on in any case. */
  readonly resumesIn?: number
  /** Operations under way, and those that wait for `resume`. */
  readonly inFlight: number
  readonly held: number
  readonly mounts: number
  readonly logLevel: LogLevel
  /** Bytes of memory, open descriptors of the process. */
  readonly rss: number
  readonly descriptors: number
}

/** One mount, answered to `list`. */
export interface MountEntry extends Omit<MountSpec, 'files'> {
  /** Number of the mount in this daemon; never used again. */
  readonly id: number
  /** `mounted`, `covered` by another one, or out of the tree and still in use: `draining` (lazy), `removed`. */
  readonly state: 'mounted' | 'covered' | 'draining' | 'removed'
  /** Inodes that the client knows, where the back end counts them. */
  readonly inodes?: number
  /** Files and directories that the client has open. */
  readonly openFiles: number
}

/** What a change came to, answered to `mount`, `umount` and `move`. */
export interface Change {
  readonly id: number
  /** Whether the client sees it now. */
  readonly visible: boolean
  /** Seconds after which it does at the latest; 0 where it does already. */
  readonly after: number
}

/** What was measured of one operation. */
export interface OperationNumbers {
  readonly count: number
  readonly inFlight: number
  readonly bytes: number
  /** Seconds that all of them took together. */
  readonly seconds: number
  /** How many failed, by errno. */
  readonly errors: Readonly<Record<string, number>>
  /** How many took no longer than each of `Stats.bounds`, not counting those before; the last is for the rest. */
  readonly buckets: readonly number[]
}

/** What was measured of one mount. */
export interface MountStats extends Pick<MountEntry, 'id' | 'path' | 'state' | 'inodes' | 'openFiles'> {
  readonly operations: Readonly<Record<string, OperationNumbers>>
}

/** What was measured so far, answered to `stats`. */
export interface Stats {
  /** Upper bounds of the histograms in seconds. */
  readonly bounds: readonly number[]
  readonly inFlight: number
  readonly held: number
  readonly mounts: readonly MountStats[]
}

/** What comes back for each command. */
export interface ControlResults {
  status: Status
  list: { readonly mounts: readonly MountEntry[] }
  mount: Change
  umount: Change
  move: Change
  'log-level': { readonly level: LogLevel }
  /** With the format `prometheus`, `text` in its text format 0.0.4. */
  stats: Stats | { readonly text: string }
  quiesce: { readonly held: number; readonly resumesIn: number }
  resume: { readonly released: number }
}

/** One line of a server. */
export const controlReply = z.union([
  z.object({ id, ok: z.literal(true), result: z.unknown() }),
  z.object({ id, ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
])

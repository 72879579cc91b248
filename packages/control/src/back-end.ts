import { Errno, type FileSystem } from '@fb/api'
import { PassthroughFs, type PassthroughOptions, wantedFeatures, withoutWaiting } from '@fb/passthrough'
import { pseudoFs } from '@fb/pseudo-fs'
import { ControlError } from './control-error.js'
import type { MountSpec } from './mount-spec.js'

/** What the daemon's options say of every mount that does not say otherwise itself. */
export interface MountDefaults
  extends Omit<MountSpec, 'path' | 'source' | 'files' | 'uidmap' | 'gidmap' | 'unmapped'> {
  /** Let the kernel gather writes: for the whole connection, so no mount can say otherwise. */
  readonly writeback?: boolean
  readonly allowDirectIo?: boolean
  readonly allowMmap?: boolean
  readonly preserveNoatime?: boolean
  /** As mounted with `noatime`, and with `nodiratime`: access times stay as they are. */
  readonly noatime?: boolean
  readonly nodiratime?: boolean
  readonly readdirplus?: 'never' | 'auto' | 'always'
  readonly announceSubmounts?: boolean
  /** The mount at which this process serves, which sources may have in them: `shared` of an `OwnMount` of `@fb/passthrough`. */
  readonly ownMount?: SharedArrayBuffer
  /** How inodes are named when a client is moved to another process; see `@fb/passthrough`. */
  readonly migrationMode?: 'find-paths' | 'file-handles'
  readonly migrationOnError?: 'abort' | 'guest-error'
  readonly migrationVerifyHandles?: boolean
}

/** A file system made from a description, and what has to be known of it besides. */
export interface BackEnd {
  readonly fs: FileSystem
  /** Inodes that the client knows, where they are counted. */
  inodes(): number | undefined
  /** Gives back what it holds. Idempotent. */
  close(): void
  /** Most seconds for which a client may believe that a name is there, or is not, after that has changed. */
  readonly remembers: number
}

type BackEndOptions = Omit<PassthroughOptions, 'source'> & {
  readonly cache: keyof typeof KEPT
  readonly xattr: boolean
  readonly posixAcl: boolean
}

/** Seconds for which `@fb/passthrough` lets names be kept, by cache policy. */
const KEPT = { never: 0, auto: 1, metadata: 86_400, always: 86_400 } as const
/** Inodes in a back end besides those that the tree counts for it: of lookups that are refused and taken back. */
const SLACK = 1024

/** Makes a back end. Throws {@link ControlError} where the source cannot be served. */
export function openBackEnd(spec: MountSpec, defaults: MountDefaults): BackEnd {
  const { source, files } = spec
  if (source === undefined) {
    const fs = pseudoFs(files ?? {})
    return { fs, inodes: () => undefined, close: () => {}, remembers: remembers(spec, 'auto') }
  }
  const options = optionsOf(spec, defaults)
  if (options.posixAcl && !options.xattr)
    throw new ControlError('EINVAL', `${source}: POSIX ACLs need extended attributes`)
  try {
    const fs = withoutWaiting(new PassthroughFs({ ...options, source }))
    const inodes = (): number => fs.usage().inodes
    return {
      fs,
      inodes,
      close: () => fs.close(),
      remembers: remembers({ ...defaults, ...spec }, options.cache),
    }
  } catch (error) {
    const code = Errno.from(error)?.code ?? 'EINVAL'
    const { message } = error as Error
    throw new ControlError(
      code,
      `${source} ${code === 'ENOENT' ? 'does not exist' : `cannot be served: ${message}`}`,
    )
  }
}

/** `InitFlag` bits for mounts that say nothing else, asked for though none is mounted yet. */
export function featuresOf(defaults: MountDefaults): bigint {
  return wantedFeatures(optionsOf({}, defaults))
}

/** What a back end is made with. */
function optionsOf(spec: Omit<MountSpec, 'path'>, defaults: MountDefaults): BackEndOptions {
  const { cache = defaults.cache ?? 'auto', xattr = defaults.xattr ?? true } = spec
  const posixAcl = spec.posixAcl ?? (xattr && defaults.posixAcl === true)
  const { inodeFileHandles, negativeTimeout, maxOpenFiles, maxCachedFds, maxHeldFds } = {
    ...defaults,
    ...spec,
  }
  const { writeback, allowDirectIo, allowMmap, readdirplus, announceSubmounts, ownMount } = defaults
  const { preserveNoatime, noatime, nodiratime } = defaults
  const { migrationMode, migrationOnError, migrationVerifyHandles } = defaults
  const maxInodes = spec.maxInodes === undefined ? undefined : spec.maxInodes + SLACK
  const limits = { negativeTimeout, maxInodes, maxOpenFiles, maxCachedFds, maxHeldFds }
  const asked = {
    inodeFileHandles,
    writeback,
    allowDirectIo,
    allowMmap,
    ...{ preserveNoatime, noatime, nodiratime },
    readdirplus,
    announceSubmounts,
    ownMount,
    ...{ migrationMode, migrationOnError, migrationVerifyHandles },
    ...limits,
  }
  const given: Partial<PassthroughOptions> = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== undefined),
  )
  return { ...given, cache, xattr, posixAcl }
}

function remembers(
  spec: Pick<MountSpec, 'entryTimeout' | 'negativeTimeout'>,
  cache: keyof typeof KEPT,
): number {
  return Math.max(spec.entryTimeout ?? KEPT[cache], spec.negativeTimeout ?? 0)
}

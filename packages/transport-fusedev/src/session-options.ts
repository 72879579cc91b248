import { type Logger, quietLogger } from '@fb/api'
import { z } from 'zod'
import type { MountNamespace } from './mount/namespace.js'
import { describeIssues } from './options/describe-issues.js'
import { MountOptionError } from './options/mount-option-error.js'
import { type MountOptions, type ResolvedMountOptions, resolveMountOptions } from './options/mount-options.js'

const DEFAULT_FUSERMOUNT = 'fusermount3'

const fd = z.int().min(0).max(0x7fff_ffff)

const placement = z.object({
  fusermount: z.string().min(1).default(DEFAULT_FUSERMOUNT),
  mountNamespace: z.union([z.strictObject({ pid: z.int().min(1) }), z.strictObject({ fd })]).optional(),
  handleSignals: z.boolean().default(false),
})

/** How a session runs, besides its mount options. */
export interface SessionOptions {
  /** Name (looked up in PATH) or path of the helper that mounts for users. Default `fusermount3`. */
  readonly fusermount?: string | undefined
  /** Mount in another mount namespace; the mountpoint is a path of that one. Needs CAP_SYS_ADMIN there. */
  readonly mountNamespace?: MountNamespace | undefined
  /** Unmount at SIGINT, SIGTERM and SIGHUP. Default false. */
  readonly handleSignals?: boolean | undefined
  /** Default: errors go to stderr. */
  readonly logger?: Logger | undefined
}

/** Everything that `FuseSession.mount` takes. */
export interface FuseSessionOptions extends MountOptions, SessionOptions {}

/** Checked options, defaults filled in. */
export interface ResolvedSessionOptions {
  readonly mount: ResolvedMountOptions
  readonly fusermount: string
  readonly mountNamespace: MountNamespace | undefined
  readonly handleSignals: boolean
  readonly logger: Logger
}

/** Checks options and fills in defaults. Throws MountOptionError. */
export function resolveSessionOptions(options: FuseSessionOptions): ResolvedSessionOptions {
  const { fusermount, mountNamespace, handleSignals, logger, ...mountOptions } = options
  const mount = resolveMountOptions(mountOptions)
  const result = placement.safeParse({ fusermount, mountNamespace, handleSignals })
  if (!result.success) throw new MountOptionError(describeIssues(result.error))
  return {
    mount,
    fusermount: result.data.fusermount,
    mountNamespace: result.data.mountNamespace,
    handleSignals: result.data.handleSignals,
    logger: logger ?? quietLogger,
  }
}

import { stat } from 'node:fs/promises'
import { release } from 'node:os'
import { close } from '@fb/sys'
import { openDevice } from '../device/fuse-device.js'
import { deviceError } from '../mount/explain.js'
import { findExecutable } from '../mount/run-fusermount.js'
import type { Capability, KernelProtocol } from './capability.js'
import { readFact } from './facts.js'
import { passthroughCapability, uringCapability } from './features.js'
import { type Trial, trialMount } from './trial-mount.js'

/** What {@link probe} found out. */
export interface FuseProbe {
  /** Release of the kernel, as `uname -r`. */
  readonly kernel: string
  /** `/dev/fuse` can be opened. */
  readonly device: Capability
  /** `fusermount3` is there, and may mount for this user. */
  readonly fusermount: Capability & { readonly path: string | undefined }
  /** This process can mount, one way or the other: it was tried. */
  readonly mount: Capability
  /** From the INIT of that mount. */
  readonly protocol: KernelProtocol | undefined
  /** A second device can be attached to a connection (FUSE_DEV_IOC_CLONE). */
  readonly clone: Capability
  /** Mounting for other users (`allowOther`). */
  readonly allowOther: Capability
  /** The kernel can read and write backing files itself (FUSE_PASSTHROUGH). */
  readonly passthrough: Capability
  /** FUSE over io_uring. */
  readonly uring: Capability
}

const SET_USER_ID = 0o4000

/**
 * Finds out what this machine offers, by trying: it mounts a file system on a temporary directory for a moment. Never
 * throws for what is missing.
 */
export async function probe(options: { readonly fusermount?: string } = {}): Promise<FuseProbe> {
  const binary = options.fusermount ?? 'fusermount3'
  const fusermount = await fusermountCapability(binary)
  const trial = await trialMount(binary)
  return {
    kernel: release(),
    device: deviceCapability(),
    fusermount,
    mount: trial.mount,
    protocol: trial.protocol,
    clone: trial.clone,
    allowOther: await allowOtherCapability(trial),
    passthrough: await passthroughCapability(trial.protocol),
    uring: await uringCapability(trial.protocol),
  }
}

function deviceCapability(): Capability {
  const fd = openDevice()
  if (fd < 0) return { available: false, reason: deviceError(fd, '').message }
  close(fd)
  return { available: true, reason: '/dev/fuse can be opened' }
}

async function fusermountCapability(binary: string): Promise<FuseProbe['fusermount']> {
  const path = await findExecutable(binary)
  if (path === undefined) {
    return { available: false, path, reason: `${binary} is not installed (package fuse3)` }
  }
  const { mode, uid } = await stat(path)
  const privileged = isRoot() || ((mode & SET_USER_ID) !== 0 && uid === 0)
  const reason = privileged
    ? `${path} is installed`
    : `${path} is not set-user-id root: chown root ${path}; chmod u+s ${path}`
  return { available: privileged, path, reason }
}

async function allowOtherCapability(trial: Trial): Promise<Capability> {
  if (!trial.mount.available) return { available: false, reason: 'mounting is not possible' }
  if (isRoot()) return { available: true, reason: 'this is root' }
  const configuration = (await readFact('/etc/fuse.conf')) ?? ''
  const allowed = /^\s*user_allow_other\s*$/m.test(configuration)
  const state = allowed ? 'has' : 'lacks'
  return { available: allowed, reason: `/etc/fuse.conf ${state} the line user_allow_other` }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0
}

import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseInHeader, FuseInitIn, InitFlag, Opcode } from '@fb/abi'
import { quietLogger } from '@fb/api'
import type { FusedevRequest } from '../device/fusedev-request.js'
import { FuseSession } from '../fuse-session.js'
import type { Capability, KernelProtocol } from './capability.js'

/** What a mount that was tried has shown. */
export interface Trial {
  readonly mount: Capability
  readonly clone: Capability
  readonly protocol: KernelProtocol | undefined
}

/** Mounts on a temporary directory, reads INIT, and unmounts without an answer. */
export async function trialMount(fusermount: string): Promise<Trial> {
  const directory = await mkdtemp(join(tmpdir(), 'fuse-probe-'))
  try {
    const session = await FuseSession.mount(directory, {
      fusermount,
      fsname: 'fuse-probe',
      logger: quietLogger,
    })
    try {
      return await lookAt(session)
    } finally {
      await session.unmount({ force: true })
    }
  } catch (error) {
    const missing: Capability = { available: false, reason: messageOf(error) }
    return { mount: missing, clone: missing, protocol: undefined }
  } finally {
    await rmdir(directory)
  }
}

async function lookAt(session: FuseSession): Promise<Trial> {
  const channel = session.newChannel()
  try {
    const request = await channel.getRequest()
    const protocol = request === undefined ? undefined : protocolOf(request)
    const mount = { available: true, reason: 'a trial mount succeeded' }
    return { mount, clone: cloneCapability(session), protocol }
  } finally {
    channel.close()
  }
}

function cloneCapability(session: FuseSession): Capability {
  try {
    session.newChannel({ clone: true }).close()
    return { available: true, reason: 'a second device was attached to the trial mount' }
  } catch (error) {
    return { available: false, reason: messageOf(error) }
  }
}

function protocolOf({ view, length }: FusedevRequest): KernelProtocol | undefined {
  if (view.getUint32(FuseInHeader.offsets.opcode, true) !== Opcode.INIT) return undefined
  const { major, minor, flags, flags2 } = FuseInitIn.decode(view, FuseInHeader.size, FuseInitIn.create())
  const low = BigInt(flags)
  const extended = (low & InitFlag.INIT_EXT) !== 0n && length >= FuseInHeader.size + FuseInitIn.size
  return { major, minor, offered: extended ? low | (BigInt(flags2) << 32n) : low }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

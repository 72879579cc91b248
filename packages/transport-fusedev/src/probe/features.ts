import { InitFlag } from '@fb/abi'
import type { Capability, KernelProtocol } from './capability.js'
import { isRealAdministrator, readFact } from './facts.js'

const URING_SWITCH = '/sys/module/fuse/parameters/enable_uring'

/** Whether the kernel can read and write backing files itself. */
export async function passthroughCapability(protocol: KernelProtocol | undefined): Promise<Capability> {
  const offered = offers(protocol, InitFlag.PASSTHROUGH, 'FUSE_PASSTHROUGH', '6.9')
  if (!offered.available) return offered
  if (await isRealAdministrator()) return { available: true, reason: 'offered, and CAP_SYS_ADMIN is there' }
  return { available: false, reason: 'offered, but only for CAP_SYS_ADMIN in the first user namespace' }
}

/** Whether requests can travel over io_uring. */
export async function uringCapability(protocol: KernelProtocol | undefined): Promise<Capability> {
  const setting = (await readFact(URING_SWITCH))?.trim()
  if (setting === undefined)
    return { available: false, reason: `no ${URING_SWITCH}: Linux 6.14 or newer has it` }
  if (setting !== 'Y' && setting !== '1') {
    return { available: false, reason: `switched off: echo 1 > ${URING_SWITCH} (as root)` }
  }
  return offers(protocol, InitFlag.OVER_IO_URING, 'FUSE over io_uring', '6.14')
}

function offers(protocol: KernelProtocol | undefined, flag: bigint, name: string, since: string): Capability {
  if (protocol === undefined) return { available: false, reason: 'unknown: no mount could be tried' }
  const available = (protocol.offered & flag) !== 0n
  const version = `FUSE ${protocol.major}.${protocol.minor}`
  return available
    ? { available, reason: `the kernel offers ${name} (${version})` }
    : { available, reason: `the kernel does not offer ${name} (${version}); Linux ${since} or newer does` }
}

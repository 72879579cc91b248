import { readFile } from 'node:fs/promises'

/** Number of CAP_SYS_ADMIN (include/uapi/linux/capability.h). */
const CAP_SYS_ADMIN = 21n

/** Text of a file of the kernel or of the configuration; `undefined` where there is none. */
export async function readFact(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether this process has CAP_SYS_ADMIN in the first user namespace, which some features of the kernel ask for. */
export async function isRealAdministrator(): Promise<boolean> {
  const status = (await readFact('/proc/self/status')) ?? ''
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  const map = (await readFact('/proc/self/uid_map')) ?? ''
  const isFirst = /^\s*0\s+0\s+4294967295\s*$/.test(map)
  return isFirst && effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n
}

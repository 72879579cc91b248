import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '@fb/run'
import { AptArchive, machineRelease } from './apt-archive.js'
import { findProgram } from './command.js'

/** A statically linked busybox: the machine's own, or Debian's, fetched into the cache. */
export async function resolveBusybox(): Promise<string> {
  const own = findProgram('busybox')
  if (own !== undefined && (await isStatic(own))) return own
  const directory = await cached('guest/busybox', async (into) => {
    const archive = await AptArchive.open([await machineRelease()])
    try {
      await archive.unpack('busybox-static', into)
    } finally {
      await archive.close()
    }
  })
  const inside = (await isStatic(join(directory, 'bin/busybox'))) ? 'bin/busybox' : 'usr/bin/busybox'
  return join(directory, inside)
}

const PT_INTERP = 3

/** Whether a file is a 64-bit ELF program without an interpreter (elf(5)). */
async function isStatic(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return false
  try {
    const head = Buffer.alloc(4096)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    if (bytesRead < 64 || head.readUInt32BE(0) !== 0x7f454c46) return false
    const offset = Number(head.readBigUInt64LE(32))
    const size = head.readUInt16LE(54)
    const count = head.readUInt16LE(56)
    if (offset + size * count > bytesRead) return false
    for (let i = 0; i < count; i++) if (head.readUInt32LE(offset + i * size) === PT_INTERP) return false
    return true
  } finally {
    await file.close()
  }
}

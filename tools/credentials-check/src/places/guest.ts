import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Guest, type GuestOptions } from '@fb/guest-vm'
import { DaemonProcess } from '@fb/testbed'
import type { Case } from '../cases/case.js'
import type { Outcomes } from '../compare.js'
import { inputOf, parseOutcomes, parseShown, showCases } from '../worker.js'
import { entryPoint } from './entry-point.js'

const TIMEOUT_MS = 600_000
const WORKER = '/usr/local/bin/worker'
/** As Debian sets them, and most others; the kernel's own defaults protect nothing. */
const SYSCTLS = ['hardlinks', 'symlinks', 'fifos', 'regular'].map(
  (name) => `echo 1 > /proc/sys/fs/protected_${name}`,
)

/** Which virtual machine it is, and how it is served. */
export interface GuestSettings extends Pick<GuestOptions, 'kernel' | 'qemu'> {
  /** Options of virtiofsd. */
  readonly args?: readonly string[]
}

/** What cases came to in a guest: on a disk of its own, and in `source`. */
export interface InGuest {
  readonly disk: Outcomes
  readonly share: Outcomes
}

/**
 * Runs cases in a virtual machine, in `source`, an empty directory, over virtio-fs, and on an ext4 that the same kernel has on
 * a disk of its own: what kernels do differs.
 */
export async function runInGuest(
  worker: string,
  source: string,
  cases: readonly Case[],
  { args = [], ...machine }: GuestSettings,
): Promise<InGuest> {
  const base = mkdtempSync(join(tmpdir(), 'fb-credentials-'))
  const [image, socket] = ['image', 'socket'].map((name) => join(base, name)) as [string, string]
  try {
    execFileSync('truncate', ['-s', '1G', image])
    execFileSync('mkfs.ext4', ['-q', '-F', '-i', '4096', image])
    const options = ['--shared-dir', source, '--socket-path', socket, '--sandbox', 'none', ...args]
    const daemon = await DaemonProcess.start(entryPoint('@fb/virtiofsd'), options)
    try {
      const guest = await Guest.start({
        ...machine,
        mounts: [{ tag: 'share', socket, at: '/share' }],
        modules: ['virtio_blk', 'ext4'],
        files: { [WORKER]: readFileSync(worker), '/cases': inputOf(cases) },
        qemuArgs: [
          ...['-drive', `file=${image},format=raw,if=none,id=disk,cache=unsafe`],
          ...['-device', 'virtio-blk-pci,drive=disk'],
        ],
      })
      try {
        await guest.check(
          `${SYSCTLS.join('; ')}; mkdir /disk; mount -t ext4 /dev/vda /disk; rmdir /disk/lost+found`,
        )
        const run = async (place: string) =>
          parseOutcomes(await guest.check(`${WORKER} run ${place} < /cases`, TIMEOUT_MS))
        const onDisk = await run('/disk')
        const shown = parseShown(await guest.check(`${WORKER} show /disk 0`, TIMEOUT_MS))
        const seen = await run('/share')
        return {
          disk: { seen: onDisk, behind: shown },
          share: { seen, behind: showCases(worker, source) },
        }
      } finally {
        await guest.kill()
      }
    } finally {
      await daemon.stop()
    }
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

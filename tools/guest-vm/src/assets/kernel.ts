import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '@fb/run'
import { GuestError } from '../guest-error.js'
import { AptArchive } from './apt-archive.js'

/** The Debian release that ships each kernel series. */
const RELEASES = { '6.1': 'bookworm', '6.12': 'trixie' } as const

/** A kernel series that a guest can run. */
export type KernelVersion = keyof typeof RELEASES

/** The kernel series that can be asked for. */
export const kernelVersions = Object.keys(RELEASES) as KernelVersion[]

/** An unpacked kernel. */
export interface Kernel {
  /** As `uname -r` gives it. */
  readonly release: string
  /** The bootable image. */
  readonly image: string
  /** The directory with its modules, `.../lib/modules/<release>`. */
  readonly modules: string
}

/** Debian's package for virtual machines: few built-in drivers, so that it boots fast. */
const PACKAGE = 'linux-image-cloud-amd64'

/** Finds a kernel in the cache, or fetches it. Throws a GuestError when it cannot be had. */
export async function resolveKernel(version: KernelVersion): Promise<Kernel> {
  const directory = await cached(`guest/kernel-${version}`, (into) => fetchKernel(version, into))
  const boot = await readdir(join(directory, 'boot'))
  const image = boot.find((name) => name.startsWith('vmlinuz-'))
  if (image === undefined) throw new GuestError(`no kernel image in ${directory}; delete it and try again`)
  const release = image.slice('vmlinuz-'.length)
  // Debian 13 moved /lib below /usr.
  const library = (await readdir(directory)).includes('lib') ? 'lib' : 'usr/lib'
  return {
    release,
    image: join(directory, 'boot', image),
    modules: join(directory, library, 'modules', release),
  }
}

async function fetchKernel(version: KernelVersion, into: string): Promise<void> {
  const release = RELEASES[version]
  const archive = await AptArchive.open([release])
  try {
    const image = (await archive.dependencies(PACKAGE)).find((name) =>
      name.startsWith(`linux-image-${version}.`),
    )
    if (image === undefined) throw new GuestError(`Debian ${release} has no ${PACKAGE} of series ${version}`)
    await archive.unpack(image, into)
  } finally {
    await archive.close()
  }
}

import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { cached } from '@fb/run'
import { GuestError } from '../guest-error.js'
import { AptArchive, machineRelease } from './apt-archive.js'
import { findProgram, run } from './command.js'

/**
 * Which QEMU to run: the machine's own (`system`, fetched when there is none), version 10 beside it, or a program
 * given by its absolute path.
 */
export type QemuChoice = 'system' | '10' | (string & {})

/** A QEMU that can be started. */
export interface Qemu {
  readonly program: string
  /** Arguments that it needs to find its own files. */
  readonly args: readonly string[]
  /** Environment that it needs to find its own libraries. */
  readonly env: Readonly<Record<string, string>>
}

const PROGRAM = 'qemu-system-x86_64'
const PACKAGES = ['qemu-system-x86', 'qemu-system-common', 'qemu-system-data', 'seabios']

/** Finds QEMU, or fetches it into the cache. Throws a GuestError when it cannot be had. */
export async function resolveQemu(choice: QemuChoice = 'system'): Promise<Qemu> {
  const own = isAbsolute(choice) ? choice : findProgram(PROGRAM)
  if (own !== undefined && (choice !== '10' || (await majorVersion(own)) >= 10)) {
    return { program: own, args: [], env: {} }
  }
  if (choice !== 'system' && choice !== '10') {
    throw new GuestError(`no such QEMU: ${choice} (give "system", "10" or an absolute path)`)
  }
  const release = await machineRelease()
  const suite = choice === '10' && release === 'bookworm' ? 'bookworm-backports' : release
  const directory = await cached(`guest/qemu-${suite}`, async (into) => {
    const archive = await AptArchive.open(suite === release ? [release] : [release, suite])
    try {
      await archive.unpackWithDependencies(PACKAGES, suite, into)
    } finally {
      await archive.close()
    }
  })
  return unpackedQemu(directory)
}

function unpackedQemu(directory: string): Qemu {
  const triplet = 'x86_64-linux-gnu'
  const libraries = ['usr/lib', 'lib'].flatMap((base) => [
    join(directory, base, triplet),
    join(directory, base),
  ])
  const data = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu'].map((path) =>
    join(directory, path),
  )
  return {
    program: join(directory, 'usr/bin', PROGRAM),
    args: data.filter((path) => existsSync(path)).flatMap((path) => ['-L', path]),
    env: {
      LD_LIBRARY_PATH: libraries.filter((path) => existsSync(path)).join(':'),
      QEMU_MODULE_DIR: join(directory, 'usr/lib', triplet, 'qemu'),
    },
  }
}

async function majorVersion(program: string): Promise<number> {
  const text = await run(program, ['--version'])
  return Number(/version (\d+)\./.exec(text)?.[1] ?? 0)
}

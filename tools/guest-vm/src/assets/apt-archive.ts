import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GuestError } from '../guest-error.js'
import { findProgram, run } from './command.js'
import { note } from './note.js'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Debian packages of one release, fetched with apt but never installed.
 *
 * apt works on a state of its own in a temporary directory: the machine's package lists, locks and database stay as
 * they are, and no privileges are needed. The mirror is the one that the machine's own sources name.
 */
export class AptArchive {
  readonly #state: string
  readonly #options: readonly string[]

  private constructor(state: string, options: readonly string[]) {
    this.#state = state
    this.#options = options
  }

  /**
   * Reads the package lists of the given suites (`trixie`, `bookworm-backports`); close it when done.
   *
   * @throws GuestError when the machine has no apt, no Debian mirror in its sources, or cannot reach it.
   */
  static async open(suites: readonly string[]): Promise<AptArchive> {
    if (findProgram('apt-get') === undefined) {
      throw new GuestError('apt-get is needed to fetch Debian packages, and this machine has none')
    }
    const state = await mkdtemp(join(tmpdir(), 'fb-apt-'))
    try {
      await mkdir(join(state, 'lists', 'partial'), { recursive: true })
      await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true })
      const own = [
        `Dir::State=${state}`,
        'Dir::State::status=/var/lib/dpkg/status',
        `Dir::Cache=${state}/cache`,
        'APT::Sandbox::User=root',
        'Acquire::Languages=none',
        'Debug::NoLocking=true',
      ]
      const sources = await sourcesFor(suites, options(own), state)
      const archive = new AptArchive(state, options([...own, ...sources]))
      await run('apt-get', [...archive.#options, 'update', '--error-on=any'])
      return archive
    } catch (error) {
      await rm(state, { recursive: true, force: true })
      throw error
    }
  }

  /** The packages that a package depends on directly. Throws a GuestError when the suites do not have it. */
  async dependencies(name: string): Promise<string[]> {
    const text = await run('apt-cache', [...this.#options, 'depends', '--important', name])
    return [...text.matchAll(/^\s+(?:Pre)?Depends: (\S+)$/gm)].map((match) => match[1] as string)
  }

  /** Downloads one package, whatever it depends on, and unpacks it into a directory. */
  async unpack(name: string, into: string): Promise<void> {
    note(`fetching Debian package ${name}`)
    const folder = await mkdtemp(join(this.#state, 'download-'))
    await run('apt-get', [...this.#options, 'download', name], folder)
    await extract(folder, into)
  }

  /**
   * Downloads packages with everything they need that the machine does not have, and unpacks all of it into a
   * directory. `suite` names the suite that is preferred where several have the package.
   */
  async unpackWithDependencies(names: readonly string[], suite: string, into: string): Promise<void> {
    note(`fetching Debian packages ${names.join(' ')} from ${suite}`)
    await run('apt-get', [
      ...this.#options,
      ...['install', '--download-only', '--reinstall', '--yes', '--no-install-recommends'],
      ...['--target-release', suite],
      ...names,
    ])
    await extract(join(this.#state, 'cache', 'archives'), into)
  }

  async close(): Promise<void> {
    await rm(this.#state, { recursive: true, force: true })
  }
}

/** The code name of the Debian release that this machine runs: `bookworm`. */
export async function machineRelease(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1]
  if (!/^ID=debian$/m.test(release) || codename === undefined) {
    throw new GuestError('this machine does not run a release of Debian: kernels and QEMU cannot be fetched')
  }
  return codename
}

const options = (settings: readonly string[]) => settings.flatMap((setting) => ['-o', setting])

/** apt settings that make it read exactly the given suites, from the mirror that the machine uses. */
async function sourcesFor(
  suites: readonly string[],
  own: readonly string[],
  state: string,
): Promise<string[]> {
  const release = await machineRelease()
  const uris = await run('apt-get', [...own, 'update', '--print-uris'])
  const mirrors = [...uris.matchAll(/^'(.+)\/dists\/([^/']+)\/InRelease'/gm)]
  const mirror = mirrors.find((match) => match[2] === release)?.[1]
  if (mirror === undefined) throw new GuestError(`apt's sources name no mirror of Debian ${release}`)
  const signedBy = existsSync(KEYRING) ? `Signed-By: ${KEYRING}\n` : ''
  const file = join(state, 'fb.sources')
  await writeFile(
    file,
    `Types: deb\nURIs: ${mirror}\nSuites: ${suites.join(' ')}\nComponents: main\n${signedBy}`,
  )
  return [`Dir::Etc::SourceList=${file}`, 'Dir::Etc::SourceParts=/dev/null']
}

async function extract(folder: string, into: string): Promise<void> {
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'))
  if (packages.length === 0) throw new GuestError(`apt downloaded nothing into ${folder}`)
  for (const name of packages) await run('dpkg-deb', ['--extract', join(folder, name), into])
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@fb/run'

/** A package of this repository that is published. */
export interface PublishedPackage {
  /** As it is imported. */
  readonly name: string
  /** The last part of its name. */
  readonly shortName: string
  readonly directory: string
  readonly version: string
  /** What it needs from this repository, directly. */
  readonly ours: readonly string[]
  /** Whether there is something to import. */
  readonly isLibrary: boolean
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/** Every package and app that is not private. */
export function publishedPackages(): PublishedPackage[] {
  return ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(root, folder, name))
      .filter((directory) => existsSync(join(directory, 'package.json')))
      .flatMap(read),
  )
}

/** The names of a package and of all that it needs from this repository. */
export function closure(name: string, all: readonly PublishedPackage[]): string[] {
  const found = new Set<string>()
  const add = (next: string) => {
    if (found.has(next)) return
    found.add(next)
    for (const dependency of all.find((item) => item.name === next)?.ours ?? []) add(dependency)
  }
  add(name)
  return [...found]
}

function read(directory: string): PublishedPackage[] {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest
  if (manifest.private === true) return []
  const { name, version } = manifest
  const shortName = name.slice(name.lastIndexOf('/') + 1)
  const ours = Object.entries(manifest.dependencies ?? {})
    .filter(([, range]) => range.startsWith('workspace:'))
    .map(([dependency]) => dependency)
  return [{ name, shortName, directory, version, ours, isLibrary: manifest.exports?.['.'] !== undefined }]
}

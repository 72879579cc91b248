import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, seen from `dist` and from `src` alike. */
const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url))

function libcName(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined ? 'musl' : `glibc ${header.glibcVersionRuntime}`
}

function binariesPresent(root: string): string {
  const folder = join(root, 'prebuilds')
  if (!existsSync(folder)) return 'none'
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.node'))
  return files.length === 0 ? 'none' : files.sort().join(', ')
}

/**
 * The one error for a binary that is missing or cannot be loaded: what this machine is, what there was to load,
 * why that failed, and how to build it.
 * @internal
 */
export function loadError(root: string, cause: unknown): Error {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  return new Error(
    [
      `@fb/sys has no native addon that works on ${process.platform}-${process.arch}, ${libcName()}, Node ${process.versions.node}.`,
      `  Reason: ${reason}`,
      `  Tried: ${join(root, 'build', 'Release')}, ${join(root, 'prebuilds')} (present: ${binariesPresent(root)})`,
      `  To build it (needs a C++17 compiler, make and Python 3): node ${join(root, 'scripts', 'build-addon.mjs')} --force`,
    ].join('\n'),
    { cause },
  )
}

/**
 * Loads the addon of this machine.
 * @internal
 */
export function loadAddon(root: string = PACKAGE_ROOT): unknown {
  const require = createRequire(import.meta.url)
  const load = require('node-gyp-build') as (dir: string) => unknown
  try {
    return load(root)
  } catch (error) {
    throw loadError(root, error)
  }
}

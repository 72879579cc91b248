import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The script of a daemon of this repository. */
export function entryPoint(name: '@fb/fusedev-daemon' | '@fb/virtiofsd'): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dist/main.js')
}

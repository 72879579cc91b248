import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '@fb/run'

/** Imports every entry point of every package; gives their number. */
export async function importAll() {
  let count = 0
  for (const name of readdirSync(join(root, 'packages'))) {
    const directory = join(root, 'packages', name)
    const manifest = join(directory, 'package.json')
    if (!existsSync(manifest)) continue
    const entries = Object.values(JSON.parse(readFileSync(manifest, 'utf8')).exports)
    for (const { default: file } of entries) {
      if (file === undefined) continue
      const module = await import(pathToFileURL(join(directory, file)).href)
      if (Object.keys(module).length === 0) throw new Error(`${name}: ${file} exports nothing`)
      count += 1
    }
  }
  return count
}

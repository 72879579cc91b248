import { readFile } from 'node:fs/promises'
import { findProgram, run } from '../assets/command.js'
import { GuestError } from '../guest-error.js'
import type { Tree } from './tree.js'

/**
 * Copies programs of this machine, with the shared libraries that they are linked to, to the same places in the
 * guest.
 *
 * @param programs - names looked up in PATH, or absolute paths.
 */
export async function addHostPrograms(tree: Tree, programs: readonly string[]): Promise<void> {
  for (const name of programs) {
    const path = name.startsWith('/') ? name : findProgram(name)
    if (path === undefined) throw new GuestError(`this machine has no program ${name} to copy into the guest`)
    for (const file of [path, ...(await libraries(path))]) {
      if (!tree.has(file)) tree.file(file, await readFile(file), 0o755)
    }
  }
}

/** What ldd(1) lists, by the paths at which the program will look. Empty for a static program. */
async function libraries(path: string): Promise<string[]> {
  const text = await run('ldd', [path]).catch((error: unknown) => {
    if (error instanceof GuestError && error.message.includes('not a dynamic executable')) return ''
    throw error
  })
  return [...text.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] as string)
}

/**
 * Read-only trees as a file system: {@link pseudoFs} makes one from a description, {@link PseudoFs} is the class behind
 * it, to which directories can be added.
 *
 * ```ts
 * import { directory, file, link, pseudoFs } from '@fb/pseudo-fs'
 *
 * const fs = pseudoFs({
 *   'hello.txt': 'hi\n',
 *   now: () => new Date().toISOString(),
 *   users: directory(async () => ({ ann: 'Ann\n', bob: 'Bob\n' })),
 *   secret: file('42\n', { mode: 0o400 }),
 *   latest: link('users/ann'),
 * })
 * ```
 *
 * @packageDocumentation
 */

export type { Content, Description, Maker, NodeOptions, PseudoEntries, PseudoEntry } from './description.js'
export {
  DirectoryDescription,
  directory,
  FileDescription,
  file,
  LinkDescription,
  link,
} from './description.js'
export { NameMap } from './name-map.js'
export { parsePseudoSnapshot } from './parse-snapshot.js'
export type { PseudoOptions } from './pseudo-fs.js'
export { PseudoFs, pseudoFs } from './pseudo-fs.js'
export type { PseudoNodeSnapshot, PseudoSnapshot } from './snapshot.js'

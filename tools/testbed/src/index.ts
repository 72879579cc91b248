/**
 * What the tests of mounted file systems share: an ext4 in memory, running programs that nobody here wrote, trees with
 * one of everything in them, and manifests that tell whether two trees are the same.
 *
 * @packageDocumentation
 */

export { Attack, type AttackOptions } from './attack.js'
export { DaemonProcess } from './daemon-process.js'
export { liveMemory } from './live-memory.js'
export type { ManifestOptions } from './manifest.js'
export { manifest } from './manifest.js'
export { Mounted, type MountedOptions } from './mounted.js'
export { makeOddTree } from './odd-tree.js'
export { Plateau } from './plateau.js'
export { memory, mountType, openFds } from './proc.js'
export { RamDisk } from './ram-disk.js'
export { missingForMount } from './requirements.js'
export type { Ended, RunOptions } from './run.js'
export { attempt, hasProgram, run, shell } from './run.js'
export { waitFor } from './wait.js'

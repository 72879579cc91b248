/** Mounts of a large tree. */
export const MOUNTS = 10_000

/** How a directory is served, and the path below the mount point at which it is. */
export const KINDS = {
  alone: { path: '', title: 'alone' },
  /** The same again: how far two servers are apart that do not differ. */
  again: { path: '', title: 'another one alone' },
  one: { path: '', title: 'at `/` of a tree' },
  many: { path: '', title: `at \`/\`, ${MOUNTS} mounts below` },
  deep: { path: 'mounts/0/mine', title: `one of ${MOUNTS} mounts` },
} as const

/** See {@link KINDS}. */
export type Kind = keyof typeof KINDS

/** Whether there is such a kind. */
export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name)
}

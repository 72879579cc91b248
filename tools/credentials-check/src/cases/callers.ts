/** Users, each with a group of its own of the same number. */
export const ROOT = 0
export const ANN = 1001
export const BOB = 1002
/** Belongs to no other group. */
export const EVE = 1003

/** Ann's group beside her own, and Bob's. */
export const TEAM = 3001
/** Bob's alone. */
export const CLUB = 3002
/** Nobody's. */
export const STRANGERS = 3999

const becomes = (uid: number, gid: number, groups: string, capabilities = '-') =>
  `as ${uid} ${gid} ${groups} ${capabilities}`

/** Steps that make somebody the caller: ordinary users, root, and root or others with other capabilities than usual. */
export const CALLERS: readonly string[] = [
  becomes(ANN, ANN, `${TEAM}`),
  becomes(BOB, BOB, `${TEAM},${CLUB}`),
  becomes(EVE, EVE, '-'),
  becomes(ROOT, ROOT, '-'),
]

/** As {@link CALLERS}, with those that are rare. */
export const ALL_CALLERS: readonly string[] = [
  ...CALLERS,
  ...CALLERS,
  // More groups than a request could name.
  becomes(EVE, EVE, `6000+300,${TEAM}`),
  // The group in force is the one shared, and the own one only supplementary.
  becomes(ANN, TEAM, `${ANN}`),
  becomes(ROOT, ROOT, '-', 'none'),
  becomes(ROOT, ANN, `${TEAM}`, 'dac_override'),
  becomes(EVE, EVE, '-', 'dac_override'),
  becomes(EVE, EVE, '-', 'fowner'),
  becomes(EVE, EVE, '-', 'fsetid,fowner'),
  // Not CAP_CHOWN alone: what to do with set-id bits is left to the server (HANDLE_KILLPRIV), and so the kernel does not ask for
  // CAP_FOWNER as it does on a disk, where it would have to change them itself.
  becomes(EVE, EVE, '-', 'chown,fowner'),
  becomes(EVE, EVE, '-', 'mknod,dac_override'),
  becomes(EVE, EVE, '-', 'dac_read_search'),
]

/**
 * As {@link ALL_CALLERS}, without root that lacks capabilities: a server is told of none, so that to it this is root, which
 * `trusted.*` is listed to.
 */
export const TOLD_CALLERS: readonly string[] = ALL_CALLERS.filter(
  (step) => !step.startsWith('as 0 ') || step.endsWith(' -'),
)

/** Those that act as the owner of every file, and lose set-id bits by what they do to it. */
export const OWNING_CALLERS: readonly string[] = ALL_CALLERS.filter((step) => / fowner$/.test(step))

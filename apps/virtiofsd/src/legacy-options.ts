import { UsageError } from '@fb/daemon'

/** Words of `-o` that have a value, and the option that each stands for. */
const VALUES: Readonly<Record<string, string>> = {
  source: '--shared-dir',
  cache: '--cache',
  log_level: '--log-level',
  sandbox: '--sandbox',
  modcaps: '--modcaps',
  xattrmap: '--xattrmap',
}

/** Words of `-o` without a value; no option where the word says what is done anyway. */
const FLAGS: Readonly<Record<string, string | undefined>> = {
  xattr: '--xattr',
  no_xattr: '--no-xattr',
  writeback: '--writeback',
  no_writeback: undefined,
  posix_acl: '--posix-acl',
  no_posix_acl: undefined,
  allow_direct_io: '--allow-direct-io',
  no_allow_direct_io: undefined,
  readdirplus: undefined,
  no_readdirplus: '--no-readdirplus',
  announce_submounts: '--announce-submounts',
  no_announce_submounts: undefined,
  killpriv_v2: undefined,
  no_killpriv_v2: '--no-killpriv-v2',
  security_label: '--security-label',
  ro: '--readonly',
  flock: undefined,
  posix_lock: undefined,
}

/**
 * Replaces each `-o word,word=value` of the older daemons by the options that it stands for.
 * @throws UsageError for a word that stands for none
 */
export function expandLegacyOptions(argv: readonly string[]): string[] {
  const expanded: string[] = []
  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i] as string
    if (!/^-o/.test(argument)) {
      expanded.push(argument)
      continue
    }
    let words = argument.slice(2)
    if (words === '') {
      i += 1
      words = argv[i] ?? ''
    }
    for (const word of words.split(',')) expanded.push(...expandWord(word))
  }
  return expanded
}

function expandWord(word: string): string[] {
  const at = word.indexOf('=')
  const name = at < 0 ? word : word.slice(0, at)
  if (at >= 0 && Object.hasOwn(VALUES, name)) return [`${VALUES[name]}=${word.slice(at + 1)}`]
  if (word === '') throw new UsageError('-o: one word after the other, with commas between (see --help)')
  if (at < 0 && Object.hasOwn(FLAGS, name)) return FLAGS[name] === undefined ? [] : [FLAGS[name]]
  throw new UsageError(`-o ${word}: not an option that is honoured (see --help)`)
}

/** Options of other daemons that this one does not honour, and why: ignoring them would be dangerous. */
const REFUSED: Readonly<Record<string, string>> = {
  '--modcaps': 'capabilities are not changed: start the daemon with those that it shall have',
  '--uid-map': 'there is no user namespace',
  '--gid-map': 'there is no user namespace',
  '--translate-uid': `ids are mapped by --mount /=DIRECTORY,uidmap=GUEST:HOST:COUNT`,
  '--translate-gid': `ids are mapped by --mount /=DIRECTORY,gidmap=GUEST:HOST:COUNT`,
  '--xattrmap': 'names of extended attributes are not mapped',
  '--no-killpriv-v2': 'set-id bits are always cleared here',
  '--security-label': 'security labels of new files are not taken',
}

/** What they may be set to all the same: it asks for nothing. */
const OFF = new Set(['--security-label=never'])

/** Why the first of the arguments that is a refused option is refused; `undefined` where there is none. */
export function refusal(argv: readonly string[]): string | undefined {
  for (const argument of argv) {
    const name = argument.split('=', 1)[0] ?? ''
    if (!OFF.has(argument) && Object.hasOwn(REFUSED, name)) return `${name} is not honoured: ${REFUSED[name]}`
  }
  return undefined
}

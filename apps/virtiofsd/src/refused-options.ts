/** Options of other daemons that this one does not honour, and why: ignoring them would be dangerous. */
const REFUSED: Readonly<Record<string, string>> = {
  '--modcaps': 'capabilities are not changed: start the daemon with those that it shall have',
  '--uid-map': 'there is no user namespace',
  '--gid-map': 'there is no user namespace',
  '--translate-uid': 'ids are not translated',
  '--translate-gid': 'ids are not translated',
  '--xattrmap': 'names of extended attributes are not mapped',
  '--no-killpriv-v2': 'set-id bits are always cleared here',
  '--security-label': 'security labels of new files are not taken',
}

/** Why the first of the arguments that is a refused option is refused; `undefined` where there is none. */
export function refusal(argv: readonly string[]): string | undefined {
  for (const argument of argv) {
    const name = argument.split('=', 1)[0] ?? ''
    if (Object.hasOwn(REFUSED, name)) return `${name} is not honoured: ${REFUSED[name]}`
  }
  return undefined
}

import { ALL_CALLERS, TOLD_CALLERS } from './callers.js'
import { ACLS, DEFAULT_ACLS, type Draw, FILE_MODES, GROUPS, OWNERS } from './factors.js'

/** One name of each name space, and names that are none. */
const NAMES = [
  ...[
    'user.note',
    'user.note',
    'user.note',
    'trusted.note',
    'security.note',
    'security.selinux',
    'system.note',
  ],
  ...[
    'none.note',
    'user.',
    'trusted.',
    'security.',
    'note',
    'system.posix_acl_access',
    'trusted.overlay.opaque',
  ],
]
const SUBJECTS = [
  ...['file f 0600 3', 'file f 0600 3', 'file f 0600 3', 'mkdir f 0700', 'mkdir f 0700'],
  ...['mknod f 0600 fifo', 'mknod f 0600 sock', 'mknod f 0600 chr 1 3', 'symlink nowhere f'],
]

/** Something with an attribute of each kind that root may set. */
function subject(draw: Draw): string[] {
  const made = draw.of(SUBJECTS)
  return [
    made,
    `chown f ${draw.of(OWNERS)} ${draw.of(GROUPS)}`,
    ...(made.startsWith('symlink') ? [] : [`chmod f ${draw.of([...FILE_MODES, '1777', '1775', '1755'])}`]),
    ...draw.sometimes(
      50,
      ...['user.note', 'trusted.note', 'security.note'].map((name) => `setx f ${name} before`),
    ),
  ]
}

/** Extended attributes: each name space has its own rules. */
export function attribute(draw: Draw): string[] {
  const name = draw.of(NAMES)
  const actions = [
    ...[`setx f ${name} after`, `setx f ${name} after create`, `setx f ${name} after replace`],
    ...[`getx f ${name}`, `delx f ${name}`, 'listx f'],
  ]
  return [...subject(draw), draw.of(TOLD_CALLERS), draw.of(actions), 'listx f']
}

/** Setting, reading and removing ACLs, and what that does to permissions and set-gid. */
export function acl(draw: Draw): string[] {
  const which = draw.of(['access', 'access', 'default'])
  const text = draw.of(which === 'access' ? ACLS : DEFAULT_ACLS)
  const made = draw.of(['file f 0600 3', 'mkdir f 0700'])
  return [
    ...[made, `chown f ${draw.of(OWNERS)} ${draw.of(GROUPS)}`, `chmod f ${draw.of(FILE_MODES)}`],
    ...draw.sometimes(40, `setacl f access ${draw.of(ACLS)}`),
    draw.of(ALL_CALLERS),
    draw.of([
      `setacl f ${which} ${text}`,
      `setacl f ${which} ${text}`,
      `delacl f ${which}`,
      `getacl f ${which}`,
    ]),
    ...['getacl f access', 'stat f'],
    ...draw.sometimes(30, `chmod f ${draw.of(FILE_MODES)}`, 'getacl f access', 'stat f'),
  ]
}

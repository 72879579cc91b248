import { ALL_CALLERS } from './callers.js'
import { type Draw, OWNERS } from './factors.js'

/** Ways of opening `d/f`. */
const FLAGS = [
  ...[
    'r',
    'w',
    'rw',
    'r,trunc',
    'w,trunc',
    'rw,trunc',
    'w,append',
    'rw,append,trunc',
    'w,creat',
    'rw,creat,trunc',
  ],
  ...['w,creat,excl', 'r,noatime', 'rw,direct', 'path', 'r,directory', 'r,nofollow', 'w,sync', 'r,creat'],
]
const DIRECTORIES = ['0755', '0755', '1777', '1775', '0777', '0711', '0700', '0744']

/** A directory with a file in it: sticky ones protect what is in them, others may be closed. */
function place(draw: Draw): string[] {
  return [
    'mkdir d 0700',
    `chown d ${draw.of(OWNERS)} 0`,
    ...draw.file('d/f'),
    `chmod d ${draw.of(DIRECTORIES)}`,
  ]
}

/** Opening a file that is there. */
export function opening(draw: Draw): string[] {
  return [...place(draw), draw.of(ALL_CALLERS), `open d/f ${draw.of(FLAGS)} 0666`, 'stat d/f']
}

/** Reading and writing. */
export function access(draw: Draw): string[] {
  const flags = draw.of(['w', 'rw', 'w,append', 'w,trunc'])
  const action = draw.of([
    'read d/f r',
    'read d/f r,noatime',
    `write d/f ${flags} 5`,
    `write d/f ${flags} 5`,
    'mapped d/f rw',
  ])
  return [...place(draw), draw.of(ALL_CALLERS), action, 'stat d/f']
}

/** Opening what is not a regular file: FIFOs, devices, sockets, links. */
export function openingOthers(draw: Draw): string[] {
  const make = draw.of([
    'mknod d/f 0600 fifo',
    'mknod d/f 0600 sock',
    'mknod d/f 0600 chr 1 3',
    'symlink nowhere d/f',
    'mkdir d/f 0700',
  ])
  const directory = draw.of(DIRECTORIES)
  const owner = draw.of(OWNERS)
  return [
    ...['mkdir d 0700', `chown d ${draw.of(OWNERS)} 0`, make, `chown d/f ${owner} ${owner}`],
    ...(make.startsWith('symlink') ? [] : [`chmod d/f ${draw.of(['0666', '0600', '0644', '0777', '0711'])}`]),
    ...[`chmod d ${directory}`, draw.of(ALL_CALLERS)],
    `open d/f ${draw.of(['r,nonblock', 'rw,nonblock', 'rw,nonblock,creat', 'w,nonblock,trunc', 'path,nofollow'])} 0666`,
  ]
}

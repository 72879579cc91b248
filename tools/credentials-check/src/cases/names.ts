import { ALL_CALLERS } from './callers.js'
import { DIRECTORY_MODES, type Draw, FILE_MODES, GROUPS, OWNERS } from './factors.js'

/** What may be there, by name, to be taken away. */
const SUBJECTS = ['file x 0600 3', 'mkdir x 0700', 'mknod x 0600 fifo', 'symlink nowhere x']

/** Something at a path, of somebody. */
function something(draw: Draw, path: string): string[] {
  const made = draw.of(SUBJECTS).replace('x', path)
  const owner = `chown ${path} ${draw.of(OWNERS)} ${draw.of(GROUPS)}`
  if (made.startsWith('symlink')) return [made, owner]
  return [made, owner, `chmod ${path} ${draw.of(made.startsWith('mkdir') ? DIRECTORY_MODES : FILE_MODES)}`]
}

function directory(draw: Draw, path: string): string[] {
  return [`mkdir ${path} 0700`, `chown ${path} ${draw.of(OWNERS)} ${draw.of(GROUPS)}`]
}

const mode = (draw: Draw, path: string): string => `chmod ${path} ${draw.of(DIRECTORY_MODES)}`

/** Taking a name away, where sticky directories count. */
export function removal(draw: Draw): string[] {
  return [
    ...[...directory(draw, 'd'), ...something(draw, 'd/x'), mode(draw, 'd')],
    ...[draw.of(ALL_CALLERS), draw.of(['unlink d/x', 'rmdir d/x'])],
  ]
}

/** Renaming within and between directories, onto something, exchanging, and leaving a whiteout. */
export function renaming(draw: Draw): string[] {
  const [NOREPLACE, EXCHANGE, WHITEOUT] = [1, 2, 4]
  const flags = draw.of([0, 0, 0, NOREPLACE, EXCHANGE, WHITEOUT])
  const target = draw.of(['d/y', 'e/y'])
  return [
    ...[...directory(draw, 'd'), ...directory(draw, 'e'), ...something(draw, 'd/x')],
    ...(draw.of([0, 1]) === 0 ? [] : something(draw, target)),
    ...[mode(draw, 'd'), mode(draw, 'e'), draw.of(ALL_CALLERS)],
    `rename d/x ${target} ${flags}`,
  ]
}

/** Further names: of what somebody may not write, /proc/sys/fs/protected_hardlinks has a say. */
export function linking(draw: Draw): string[] {
  return [
    ...[...directory(draw, 'd'), ...something(draw, 'd/x'), ...directory(draw, 'e')],
    ...[mode(draw, 'd'), mode(draw, 'e'), draw.of(ALL_CALLERS), 'link d/x e/y'],
  ]
}

/** Looking into directories, and through them. */
export function searching(draw: Draw): string[] {
  return [
    ...[...draw.directory('d'), 'mkdir d/e 0755', 'file d/e/f 0644 3', 'symlink e/f d/link'],
    draw.of(ALL_CALLERS),
    ...[
      'list d',
      'chdir d',
      'chdir d/e',
      'stat d/e/f',
      'stat d/none',
      'open d/link r',
      'readlink d/link',
      'list d/e',
    ],
  ]
}

import { ALL_CALLERS } from './callers.js'
import { type Draw, GROUPS, OWNERS } from './factors.js'

/** Setting times: to now takes the right to write, to anything else the owner. */
export function times(draw: Draw): string[] {
  const time = ['now', 'now', 'omit', '1000000000', '0', '-5']
  const made = draw.of(['file', 'file', 'directory', 'link'])
  const subject = made === 'file' ? draw.file('f') : made === 'directory' ? draw.directory('f') : linkTo(draw)
  return [
    ...subject,
    'utimens f 1100000000 1200000000',
    draw.of(ALL_CALLERS),
    `utimens f ${draw.of(time)} ${draw.of(time)}`,
    'stat f',
  ]
}

function linkTo(draw: Draw): string[] {
  return ['symlink nowhere f', `chown f ${draw.of(OWNERS)} ${draw.of(GROUPS)}`]
}

/** access(2), for each combination of what is asked for. */
export function accessible(draw: Draw): string[] {
  const subject = draw.of([0, 1, 1]) === 0 ? draw.directory('f') : draw.file('f')
  return [...subject, draw.of(ALL_CALLERS), ...[0, 1, 2, 3, 4, 5, 6, 7].map((mask) => `access f ${mask}`)]
}

/** truncate(2), which takes the right to write and no descriptor. */
export function truncation(draw: Draw): string[] {
  return [...draw.file('f'), draw.of(ALL_CALLERS), `truncate f ${draw.of([0, 5, 10, 50])}`, 'stat f']
}

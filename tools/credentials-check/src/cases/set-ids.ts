import { ALL_CALLERS } from './callers.js'
import { type Draw, GROUPS, OWNERS } from './factors.js'

/** Set-id bits with and without the execution that gives them a meaning, for files that everybody may write. */
const MODES = ['6777', '6776', '6767', '6766', '4777', '2777', '2767', '2766', '4766', '7777', '6666', '0777']

/** Ways of changing the content of `f`; collapse and insert ranges are for whole blocks. */
const CHANGES = [
  ...['write f w 5', 'write f rw,sync 5', 'write f w,append 5', 'write f w 0', 'mapped f rw'],
  ...[
    'write f rw,direct 4096',
    'open f w,trunc',
    'open f r,trunc',
    'truncate f 0',
    'truncate f 10',
    'truncate f 99',
  ],
  ...['ftruncate f w 3', 'ftruncate f rw 99', 'copy from f 5', 'copy from f 0'],
  // Allocate, keep the size, punch a hole, zero a range.
  ...['fallocate f w 0 0 8192', 'fallocate f w 1 0 8192', 'fallocate f w 3 0 5', 'fallocate f w 16 0 5'],
]

/** Which set-id bits and which capabilities a change of the content leaves, and what the next stat(2) says. */
export function clearSetIds(draw: Draw): string[] {
  return [
    'file f 0600 10',
    'file from 0644 10',
    `chown f ${draw.of(OWNERS)} ${draw.of(GROUPS)}`,
    `chmod f ${draw.of(MODES)}`,
    ...draw.sometimes(15, 'setcap f'),
    'stat f',
    draw.of(ALL_CALLERS),
    draw.of(CHANGES),
    'stat f',
  ]
}

/** As whom a program with set-id bits runs. */
export function execute(draw: Draw): string[] {
  return [
    'program p 0700',
    `chown p ${draw.of(OWNERS)} ${draw.of(GROUPS)}`,
    `chmod p ${draw.of(['0755', '4755', '2755', '6755', '2745', '4711', '0700', '0070', '6750'])}`,
    draw.of(ALL_CALLERS),
    'exec p',
  ]
}

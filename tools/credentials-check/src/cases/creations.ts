import { ALL_CALLERS } from './callers.js'
import { type Draw, FILE_MODES, UMASKS } from './factors.js'

/** Ways of making `d/new`, with permissions. */
const WAYS: readonly ((mode: string | number) => string)[] = [
  (mode) => `file d/new ${mode} 0`,
  (mode) => `file d/new ${mode} 5`,
  (mode) => `open d/new rw,creat ${mode}`,
  (mode) => `open d/new r,creat,trunc ${mode}`,
  (mode) => `mkdir d/new ${mode}`,
  (mode) => `mkdir d/new ${mode}`,
  (mode) => `mknod d/new ${mode} reg`,
  (mode) => `mknod d/new ${mode} fifo`,
  (mode) => `mknod d/new ${mode} sock`,
  (mode) => `mknod d/new ${mode} chr 1 3`,
  (mode) => `mknod d/new ${mode} blk 7 99`,
  // What overlayfs marks deleted names with: needs no capability.
  (mode) => `mknod d/new ${mode} chr 0 0`,
  () => 'symlink target d/new',
  (mode) => `tmpfile d ${mode} d/new`,
]
const NUMBERS = WAYS.map((_, at) => at)

/** Making something in a directory: who may, whose it becomes, with which permissions and ACLs. */
export function creation(draw: Draw): string[] {
  const way = WAYS[draw.of(NUMBERS)] as (mode: string | number) => string
  return [
    ...draw.directory('d'),
    draw.of(ALL_CALLERS),
    `umask ${draw.of(UMASKS)}`,
    way(draw.of(FILE_MODES)),
    'stat d/new',
    ...draw.sometimes(20, 'mkdir d/new/below 2777', 'file d/new/file 0666 3'),
  ]
}

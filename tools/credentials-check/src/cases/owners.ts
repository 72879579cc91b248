import { ALL_CALLERS, ANN, BOB, CLUB, EVE, OWNING_CALLERS, ROOT, STRANGERS, TEAM } from './callers.js'
import { DIRECTORY_MODES, type Draw, FILE_MODES, GROUPS, OWNERS } from './factors.js'

const NEW_OWNERS = [-1, -1, -1, ROOT, ANN, BOB]
const NEW_GROUPS = [-1, ROOT, ANN, BOB, EVE, TEAM, CLUB, STRANGERS]

/**
 * A caller, and the owner and the group that it names. Where it names neither, over FUSE the request is that of a write that takes
 * set-id bits away, and so only those are the caller who lose them by both.
 */
function handOver(draw: Draw): { caller: string; owner: number; group: number } {
  const [owner, group] = [draw.of(NEW_OWNERS), draw.of(NEW_GROUPS)]
  return { caller: draw.of(owner === -1 && group === -1 ? OWNING_CALLERS : ALL_CALLERS), owner, group }
}

/** A file or a directory named `f`. */
function subject(draw: Draw): readonly string[] {
  if (draw.of([1, 2, 3]) > 1) return draw.file('f')
  return draw.directory('f')
}

/** chown(2) and fchown(2): who may give what to whom, and which set-id bits are left. */
export function changeOwner(draw: Draw): string[] {
  const { caller, owner, group } = handOver(draw)
  const change = draw.of([
    `chown f ${owner} ${group}`,
    `chown f ${owner} ${group}`,
    `fchown f r ${owner} ${group}`,
  ])
  return [...subject(draw), caller, change, 'stat f']
}

/** The owner of a symbolic link, a FIFO, a socket and a device. */
export function changeOwnerOfOthers(draw: Draw): string[] {
  const { caller, owner, group } = handOver(draw)
  return [
    draw.of(['symlink nowhere f', 'mknod f 6755 fifo', 'mknod f 6755 sock', 'mknod f 6755 chr 1 3']),
    `chown f ${draw.of(OWNERS)} ${draw.of(GROUPS)}`,
    caller,
    `chown f ${owner} ${group}`,
    'stat f',
  ]
}

/** chmod(2) and fchmod(2), with set-gid for a group that is not the caller's, and with ACLs. */
export function changeMode(draw: Draw): string[] {
  const mode = draw.of([...FILE_MODES, ...DIRECTORY_MODES])
  const change = draw.of([
    `chmod f ${mode}`,
    `chmod f ${mode}`,
    `fchmod f r ${mode}`,
    `fchmod f path ${mode}`,
  ])
  return [...subject(draw), draw.of(ALL_CALLERS), change, 'stat f']
}

/** One program opens a file, another user uses the descriptor. */
export function useHeld(draw: Draw): string[] {
  const change = handOver(draw)
  const actions = [
    ...['held-write 5', 'held-write 5', 'held-truncate 3', 'held-truncate 20', 'held-chmod', 'held-chown'],
    ...['held-times now now', 'held-times 5 omit'],
  ]
  const action = draw.of(actions)
  const words = new Map([
    ['held-chmod', `held-chmod ${draw.of(FILE_MODES)}`],
    ['held-chown', `held-chown ${change.owner} ${change.group}`],
  ])
  const flags = draw.of(['rw', 'w', 'w,append', 'r'])
  const caller = action === 'held-chown' ? change.caller : draw.of(ALL_CALLERS)
  return [...draw.file('f'), `hold f ${flags}`, caller, words.get(action) ?? action, 'held-stat', 'stat f']
}

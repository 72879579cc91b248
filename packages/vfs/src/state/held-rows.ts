import { StateError } from '@fb/api'
import type { ClientState } from '../client/client-state.js'
import { ROOT, SHARE } from '../node-ids.js'
import { PieceTag, taggedJson } from './tree-pieces.js'

/** Rows of one piece. */
const ROWS = 4096

type Row = readonly unknown[]

/** What the client holds, as pieces of state. */
export function* saveHeld({ nodes, handles }: ClientState): Generator<Uint8Array, void, void> {
  for (let from = 0; from >= 0; ) {
    const { nodes: some, next } = nodes.portion(from, ROWS)
    const rows = some.map(({ node, index, generation, lookups }) => [index, node, generation, lookups])
    if (rows.length > 0) yield* taggedJson(PieceTag.NODES, rows)
    from = next
  }
  for (let from = 0; from >= 0; ) {
    const { handles: some, next } = handles.portion(from, ROWS)
    const rows = some.map(({ node, index, fh, kind, flags, count, ticket = 0 }) => {
      return [index, node, fh, kind === 'directory' ? 1 : 0, flags, count, ticket]
    })
    if (rows.length > 0) yield* taggedJson(PieceTag.OPEN, rows)
    from = next
  }
}

/**
 * Enters what a piece says that the client holds.
 * @param known - indexes of mounts
 * @throws StateError for what cannot be
 */
export function restoreHeld(
  tag: number,
  bytes: Uint8Array,
  client: ClientState,
  known: ReadonlySet<number>,
): void {
  let rows: unknown
  try {
    rows = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    fail()
  }
  if (!Array.isArray(rows)) fail()
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) fail()
    const isTaken =
      tag === PieceTag.NODES ? addNode(row as Row, client, known) : addHandle(row as Row, client, known)
    if (!isTaken) throw new StateError('the client holds more than there is room for')
  }
}

function addNode(row: Row, { nodes }: ClientState, known: ReadonlySet<number>): boolean {
  const [index, node, generation, lookups] = numbers(row, 4, known)
  if (lookups < 1) fail()
  return nodes.add(node, index, generation, Number.POSITIVE_INFINITY, lookups)
}

function addHandle(row: Row, { handles }: ClientState, known: ReadonlySet<number>): boolean {
  const [index, node, fh, directory, flags = 0, count = 0, ticket = 0] = numbers(row, 7, known)
  if (directory > 1 || flags > 0xffff_ffff || count < 1) fail()
  const kind = directory === 1 ? 'directory' : 'file'
  if (ticket !== 0) return node === ROOT && handles.addTicket(index, ticket, fh, kind, flags)
  return handles.add(node, index, fh, kind, flags, Number.POSITIVE_INFINITY, count)
}

type Numbers = [number, number, number, number, number?, number?, number?]

function numbers(row: Row, length: number, known: ReadonlySet<number>): Numbers {
  if (row.length !== length || !row.every((value) => Number.isSafeInteger(value) && (value as number) >= 0))
    fail()
  const [index, node] = row as Numbers
  if (!known.has(index) || node < 1 || node >= SHARE) fail()
  return row as Numbers
}

function fail(): never {
  throw new StateError('the state of the tree has something that the client cannot hold')
}

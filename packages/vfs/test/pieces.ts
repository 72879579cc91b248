import type { StatePieces } from '@fb/api'
import { expect } from 'vitest'
import type { MountOptions } from '../src/index.js'
import { Vfs, type VfsOptions } from '../src/index.js'
import { MovableFs, movableState } from './movable-fs.js'

const [TREE, NODES, OPEN, MOUNT, PART, PIECE] = [2, 3, 4, 5, 6, 7]

/** The pieces of a state. */
export async function collect(state: StatePieces): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of state) pieces.push(piece.slice())
  return pieces
}

/** Pieces as a state; each is gone when the next is asked for. */
export async function* replay(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const given = piece.slice()
    yield given
    given.fill(0xa5)
  }
}

/** What is behind the tag of a piece in JSON. */
export function json(piece: Uint8Array | undefined) {
  return JSON.parse(new TextDecoder().decode(piece?.subarray(1)))
}

/** What the state of a tree says, in the same order for the same tree. */
export interface Told {
  /** What the tree itself knows. */
  readonly tree: { readonly mounts: readonly object[]; readonly [name: string]: unknown }
  /** `[index, node, generation, lookups]`. */
  readonly nodes: readonly number[][]
  /** `[index, node, fh, 1 for a directory, flags, count, ticket or 0]`. */
  readonly open: readonly number[][]
  /** Index of each mount, and what its back end knows. */
  readonly backEnds: readonly (readonly [index: number, state: unknown])[]
}

export function toldBy(pieces: readonly Uint8Array[]): Told {
  const tagged = (tag: number) => pieces.filter((piece) => piece[0] === tag)
  const rows = (tag: number) => tagged(tag).flatMap((piece): number[][] => json(piece))
  const compare = (a: number[], b: number[]) => (a.map(pad).join() < b.map(pad).join() ? -1 : 1)
  return {
    tree: json(tagged(TREE)[0]),
    nodes: rows(NODES).sort(compare),
    open: rows(OPEN).sort(compare),
    backEnds: backEndsOf(pieces),
  }
}

function backEndsOf(pieces: readonly Uint8Array[]): [number, unknown][] {
  const texts: [index: number, text: string][] = []
  for (const piece of pieces) {
    const last = texts.at(-1)
    if (piece[0] === MOUNT) texts.push([json(piece), ''])
    else if (last !== undefined && (piece[0] === PART || piece[0] === PIECE)) {
      last[1] += new TextDecoder().decode(piece.subarray(1))
    }
  }
  return texts.map(([index, text]) => [index, text === '' ? undefined : movableState(text)])
}

function pad(value: number): string {
  return String(value).padStart(17, '0')
}

/** A tree that goes on where another one was, and which back end of it goes on for which. */
export interface Successor {
  readonly vfs: Vfs
  readonly heirs: ReadonlyMap<MovableFs, MovableFs>
}

/**
 * Another tree takes over, with back ends of its own, and knows nothing but what the state of the first one says; of that, it
 * says the same. The first one ends then.
 */
export async function succeed(
  vfs: Vfs,
  options: VfsOptions = {},
  settings: (fs: MovableFs) => MountOptions = () => ({}),
): Promise<Successor> {
  const pieces = await collect(vfs.saveState())
  const next = new Vfs(options)
  const heirs = new Map<MovableFs, MovableFs>()
  for (const { fs, pathBytes, state } of vfs.list()) {
    if (state !== 'mounted' && state !== 'covered') continue
    const heir = new MovableFs()
    heir.later = (fs as MovableFs).later
    heirs.set(fs as MovableFs, heir)
    await next.mount(heir, pathBytes, settings(fs as MovableFs))
  }
  expect(await next.restoreState(replay(pieces))).toEqual([])
  expect(toldBy(await collect(next.saveState()))).toEqual(toldBy(pieces))
  await next.resume()
  await vfs.destroy()
  return { vfs: next, heirs }
}

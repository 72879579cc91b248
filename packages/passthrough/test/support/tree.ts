import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FUSE_ROOT_ID } from '@fb/abi'
import type { Attr, Context, Entry, NodeId } from '@fb/api'
import { afterEach, expect } from 'vitest'
import { PassthroughFs, type PassthroughOptions } from '../../src/index.js'
import { ROOT_CALLER } from './context.js'
import { describeFds, openFds } from './descriptors.js'
import { Sink, Source } from './io.js'
import { ok } from './outcome.js'

const TMPFS_MAGIC = 0x01021994

/** An entry that stays as it was. */
export interface Found {
  readonly nodeid: NodeId
  readonly generation: number
  readonly attr: Attr
}

/** The bytes of a name. */
export function bytes(name: string): Uint8Array {
  return new TextEncoder().encode(name)
}

export function keep(entry: Entry): Found {
  return { nodeid: entry.nodeid, generation: entry.generation, attr: { ...entry.attr } }
}

/** A directory of the host, a {@link PassthroughFs} of it, and the calls that most tests make. */
export class Tree {
  readonly path: string
  readonly source: string
  readonly fs: PassthroughFs

  constructor(base: string, options: Partial<PassthroughOptions> = {}) {
    this.path = mkdtempSync(join(base, 'passthrough-'))
    this.source = this.path
    this.fs = new PassthroughFs({ source: this.path, maxInodes: 4096, blocking: true, ...options })
  }

  /** A place in the source on the host. */
  at(...names: string[]): string {
    return join(this.source, ...names)
  }

  /** Looks a path up, one lookup for each component. */
  find(path: string): Found {
    let found: Found | undefined
    for (const name of path.split('/'))
      found = keep(ok(this.fs.lookup(found?.nodeid ?? FUSE_ROOT_ID, bytes(name))))
    if (found === undefined) throw new Error('an empty path')
    return found
  }

  node(path: string): NodeId {
    return this.find(path).nodeid
  }

  attr(node: NodeId, fh?: number): Attr {
    return { ...ok(this.fs.getattr(node, fh)).attr }
  }

  create(name: string, flags = 2, mode = 0o644, ctx: Context = ROOT_CALLER): Found & { fh: number } {
    const { entry, open } = ok(this.fs.create(FUSE_ROOT_ID, bytes(name), mode, flags, false, ctx))
    return { ...keep(entry), fh: open.fh }
  }

  write(node: NodeId, fh: number, data: string, offset = 0, flags = 0, writeFlags = 0): number {
    return ok(this.fs.write(node, fh, offset, new Source(data, flags, writeFlags), ROOT_CALLER))
  }

  read(node: NodeId, fh: number, size = 4096, offset = 0): string {
    const sink = new Sink(size)
    return sink.text(ok(this.fs.read(node, fh, offset, sink)))
  }

  release(node: NodeId, fh: number): void {
    ok(this.fs.release(node, fh, { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }))
  }

  remove(): void {
    this.fs.close()
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** Directories on file systems of different kinds: where temporary files are, and in memory. */
export const PLACES: readonly { readonly kind: string; readonly base: string }[] = [
  { kind: 'tmpfs', base: '/dev/shm' },
  { kind: 'disk', base: tmpdir() },
].filter(({ kind, base }) => {
  try {
    return (statfsSync(base).type === TMPFS_MAGIC) === (kind === 'tmpfs')
  } catch {
    return false
  }
})

/** The ways of remembering inodes, on each kind of file system. */
export const SETTINGS = PLACES.flatMap(({ kind, base }) =>
  (['prefer', 'never'] as const).map((inodeFileHandles) => ({
    name: `${kind}, file handles ${inodeFileHandles}`,
    base,
    options: { inodeFileHandles },
  })),
)

/** A tree for each test that asks for it; afterwards nothing of it may be left open. One tree a test. */
export function useTree(
  base: string | (() => string),
  options: Partial<PassthroughOptions> = {},
): { readonly tree: Tree } {
  let tree: Tree | undefined
  let before: number[] = []
  afterEach(() => {
    if (tree === undefined) return
    tree.remove()
    tree = undefined
    expect(describeFds(openFds().filter((fd) => !before.includes(fd)))).toEqual([])
  })
  return {
    get tree() {
      if (tree === undefined) {
        before = openFds()
        tree = new Tree(typeof base === 'string' ? base : base(), options)
      }
      return tree
    },
  }
}

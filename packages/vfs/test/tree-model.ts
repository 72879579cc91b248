import type { MemoryFs, Tree } from './memory-fs.js'

/** A back end of the model: its tree, and what becomes of it. */
export interface ModelMount {
  /** Another one when that has gone on for it. */
  fs: MemoryFs
  readonly tree: Tree
  readonly lazy?: boolean
}

/** What a path leads to: a directory of a back end by its path there, a file of one, a pseudo directory, or nothing. */
export type Found =
  | { readonly kind: 'directory'; readonly mount: ModelMount; readonly tree: Tree }
  | { readonly kind: 'file'; readonly content: string }
  | { readonly kind: 'pseudo' }
  | { readonly kind: 'nothing' }

/**
 * What a tree of mounts shows, said as simply as possible: a path with mounts is the root of the last of them; any other
 * is what the directory above has there, or a pseudo directory where that has no directory and mounts are below.
 */
export class TreeModel {
  readonly stacks = new Map<string, ModelMount[]>()

  mount(path: string, mount: ModelMount): void {
    this.stacks.set(path, [...(this.stacks.get(path) ?? []), mount])
  }

  umount(path: string): ModelMount | undefined {
    const stack = this.stacks.get(path) ?? []
    const mount = stack.at(-1)
    if (stack.length > 1) this.stacks.set(path, stack.slice(0, -1))
    else this.stacks.delete(path)
    return mount
  }

  /** Whether a move is possible: something is there, it does not go below itself, and no path is taken. */
  canMove(from: string, to: string): boolean {
    if (!this.stacks.has(from) || from === '/' || to.startsWith(`${from}/`)) return false
    if (from === to) return true
    const moved = this.#moved(from, to)
    return [...moved.values()].every(({ target }) => {
      const staying = (this.stacks.get(target) ?? []).filter((mount) => !isMoving(moved, mount))
      return staying.length === 0
    })
  }

  move(from: string, to: string): void {
    if (from === to) return
    const moved = this.#moved(from, to)
    for (const [mount, { path }] of moved) {
      const rest = (this.stacks.get(path) ?? []).filter((other) => other !== mount)
      if (rest.length > 0) this.stacks.set(path, rest)
      else this.stacks.delete(path)
    }
    for (const [mount, { target }] of moved) this.mount(target, mount)
  }

  find(path: string): Found {
    const top = this.stacks.get(path)?.at(-1)
    if (top !== undefined) return { kind: 'directory', mount: top, tree: top.tree }
    if (path === '/') return { kind: 'pseudo' }
    const name = path.slice(path.lastIndexOf('/') + 1)
    const above = this.find(parentOf(path))
    const entry = above.kind === 'directory' ? above.tree[name] : undefined
    if (above.kind === 'directory' && typeof entry === 'object') return { ...above, tree: entry }
    if (this.#hasBelow(path)) return { kind: 'pseudo' }
    return typeof entry === 'string' ? { kind: 'file', content: entry } : { kind: 'nothing' }
  }

  /** Names in a directory. */
  list(path: string): string[] {
    const found = this.find(path)
    const names = new Set(found.kind === 'directory' ? Object.keys(found.tree) : [])
    const start = path === '/' ? '/' : `${path}/`
    for (const mounted of this.stacks.keys()) {
      if (mounted !== path && mounted.startsWith(start))
        names.add(mounted.slice(start.length).split('/')[0] ?? '')
    }
    return [...names].sort()
  }

  #moved(from: string, to: string): Map<ModelMount, { path: string; target: string }> {
    const moved = new Map<ModelMount, { path: string; target: string }>()
    const start = to === '/' ? '' : to
    for (const [path, stack] of [...this.stacks].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      const target = start + path.slice(from.length)
      for (const mount of path === from ? stack.slice(-1) : stack)
        moved.set(mount, { path, target: target || '/' })
    }
    return moved
  }

  #hasBelow(path: string): boolean {
    return [...this.stacks.keys()].some((mounted) => mounted.startsWith(`${path}/`))
  }
}

function isMoving(moved: ReadonlyMap<ModelMount, unknown>, mount: ModelMount): boolean {
  return moved.has(mount)
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

import type { Attr, Context } from '@fb/api'

/** Bits of access(2). */
export const R_OK = 4
export const W_OK = 2
export const X_OK = 1

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const ANY_EXECUTE = 0o111

/** Whether the permission bits give a caller every bit of `mask`. Root may read all, and execute what anybody may. */
export function permits(attr: Attr, ctx: Context, mask: number): boolean {
  if (ctx.uid === 0) {
    const isDirectory = (attr.mode & S_IFMT) === S_IFDIR
    return (mask & X_OK) === 0 || isDirectory || (attr.mode & ANY_EXECUTE) !== 0
  }
  return (mask & ~granted(attr, ctx)) === 0
}

function granted({ mode, uid, gid }: Attr, ctx: Context): number {
  if (ctx.uid === uid) return (mode >> 6) & 7
  if (ctx.gid === gid || ctx.groups.includes(gid)) return (mode >> 3) & 7
  return mode & 7
}

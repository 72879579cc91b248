import type { Context } from '@fb/api'

/** A caller for methods that are called directly. */
export function caller(changes: Partial<Context> = {}): Context {
  return {
    ...{ uid: 0, gid: 0, pid: 1, umask: 0, groups: [], securityContexts: [], unique: 2n },
    signal: new AbortController().signal,
    ...changes,
  }
}

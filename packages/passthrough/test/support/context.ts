import type { Context } from '@fb/api'

/** A caller: root without groups, unless said otherwise. */
export function caller(who: Partial<Context> & { controller?: AbortController } = {}): Context {
  const { controller = new AbortController(), ...rest } = who
  return {
    uid: 0,
    gid: 0,
    pid: 1000,
    umask: 0,
    groups: [],
    securityContexts: [],
    unique: 2n,
    signal: controller.signal,
    ...rest,
  }
}

export const ROOT_CALLER: Context = caller()

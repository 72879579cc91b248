import type { Context } from '@fb/api'

/** Who asks when the tree itself does: root, on behalf of nobody. */
export const OWN_CONTEXT: Context = {
  uid: 0,
  gid: 0,
  pid: 0,
  umask: 0,
  groups: [],
  securityContexts: [],
  unique: 0n,
  signal: new AbortController().signal,
}

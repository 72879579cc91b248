import type { ClientState } from './client/client-state.js'
import type { MountSnapshot } from './vfs-snapshot.js'

/** Enters what the client holds, as snapshots of the mounts tell it. */
export function restoreClient(mounts: readonly MountSnapshot[], client: ClientState): void {
  for (const { index, nodes, open } of mounts) {
    for (const [node, generation, lookups] of nodes) {
      client.nodes.add(node, index, generation, Number.POSITIVE_INFINITY, lookups)
    }
    for (const { node, fh, kind, flags, count, ticket } of open) {
      if (ticket === null) client.handles.add(node, index, fh, kind, flags, Number.POSITIVE_INFINITY, count)
      else client.handles.addTicket(index, ticket, fh, kind, flags)
    }
  }
}

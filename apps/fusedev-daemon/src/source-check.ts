import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ControlError } from '@fb/control'
import type { OwnMount } from '@fb/passthrough'

/**
 * Refuses a source that is on the mount that this process serves: opening it would wait for an answer of the thread that
 * opens it. Never blocks the thread. Throws {@link ControlError} ELOOP.
 */
export async function checkSource(source: string, own: OwnMount): Promise<void> {
  let path: string
  try {
    path = await realpath(source)
  } catch {
    // Whoever opens it says better what is wrong.
    return
  }
  for (let at = path; own.isKnown; at = dirname(at)) {
    if ((await stat(at)).dev === own.device) {
      throw new ControlError(
        'ELOOP',
        `${source} is on the mount itself: the daemon would wait for itself there`,
      )
    }
    if (at === '/') return
  }
}

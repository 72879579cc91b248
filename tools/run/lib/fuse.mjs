import { accessSync, constants, existsSync } from 'node:fs'
import { installMissing } from './debian.mjs'
import { Problem } from './problem.mjs'
import { toMount } from './requirements.mjs'

/** Throws a Problem, with the remedy, where this process cannot mount through FUSE. */
export async function checkFuse() {
  if (!existsSync('/dev/fuse')) {
    throw new Problem(
      'There is no /dev/fuse: this kernel, or this container, has no FUSE.\n' +
        'On a machine, load it: sudo modprobe fuse. In a container, give it the device:\n' +
        'docker run --device /dev/fuse --cap-add SYS_ADMIN ...',
    )
  }
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch {
    throw new Problem('This user may not open /dev/fuse. Run as root, or: sudo chmod 666 /dev/fuse')
  }
  if (process.getuid?.() !== 0) await installMissing(toMount)
}

import { FuseSetupmappingIn, forEachRemovemapping } from '@fb/abi'
import { Errno } from '../errno.js'
import type { MappingRange } from '../file-system.js'
import { OPERATIONS } from '../operations.js'
import { checkRange, isId, takeStruct } from './body.js'
import type { Call } from './call.js'
import type { Core } from './core.js'
import { sendNothing } from './nodes.js'

const setupIn = FuseSetupmappingIn.create()
/** What a kernel sends where it has no open file at hand (fs/fuse/dax.c always): all bits set, as a double. */
const NO_HANDLE = 2 ** 64

export function setupmapping(core: Core, call: Call): void {
  const at = takeStruct(call, FuseSetupmappingIn.size)
  if (at < 0) return core.fail(call, Errno.EINVAL)
  const {
    fh: given,
    foffset,
    len,
    flags,
    moffset,
  } = FuseSetupmappingIn.decode(call.request.view, at, setupIn)
  const fh = given === NO_HANDLE ? undefined : given
  if (fh !== undefined && !isId(fh)) return core.fail(call, Errno.EBADF)
  const error = checkRange(foffset, len) ?? checkRange(moffset, len)
  if (error !== undefined) return core.fail(call, error)
  const { fs, cacheWindow } = core
  if (fs.setupmapping === undefined || cacheWindow === undefined)
    return core.settle(call, OPERATIONS.setupmapping.missing, sendNothing)
  const request = { fileOffset: foffset, length: len, flags: Number(flags), windowOffset: moffset }
  core.settle(call, fs.setupmapping(call.node, fh, request, cacheWindow, call), sendNothing)
}

export function removemapping(core: Core, call: Call): void {
  const ranges: MappingRange[] = []
  let error: Errno | undefined
  forEachRemovemapping(call.request.view, call.at, call.end, (windowOffset, length) => {
    error ??= checkRange(windowOffset, length)
    ranges.push({ windowOffset, length })
  })
  if (error !== undefined) return core.fail(call, error)
  const { fs, cacheWindow } = core
  if (fs.removemapping === undefined || cacheWindow === undefined)
    return core.settle(call, OPERATIONS.removemapping.missing, sendNothing)
  core.settle(call, fs.removemapping(call.node, ranges, cacheWindow, call), sendNothing)
}

import { FuseBatchForgetIn, FuseForgetOne } from './generated/entries.generated.js'
import { FuseRemovemappingIn, FuseRemovemappingOne } from './generated/transports.generated.js'
import { ProtocolError } from './protocol-error.js'
import { readU64 } from './wide.js'

/**
 * Walks the records of a BATCH_FORGET without allocating.
 *
 * @param view the request.
 * @param at position of its `fuse_batch_forget_in`.
 * @param end position after the last byte of the request.
 * @param visit called with each node id and the references to drop; either may be unsafe, as in `FuseForgetOne`.
 * @throws ProtocolError, before the first visit, when the records do not fill the request exactly.
 */
export function forEachForget(
  view: DataView,
  at: number,
  end: number,
  visit: (nodeid: number, nlookup: number) => void,
): void {
  checkCount(view, at, end, FuseBatchForgetIn.size, FuseForgetOne.size)
  for (let one = at + FuseBatchForgetIn.size; one < end; one += FuseForgetOne.size) {
    visit(readU64(view, one), readU64(view, one + FuseForgetOne.offsets.nlookup))
  }
}

/**
 * Walks the records of a REMOVEMAPPING without allocating. As {@link forEachForget}.
 *
 * @param visit called with each place in the DAX window and its length, bytes; either may be unsafe.
 */
export function forEachRemovemapping(
  view: DataView,
  at: number,
  end: number,
  visit: (moffset: number, length: number) => void,
): void {
  checkCount(view, at, end, FuseRemovemappingIn.size, FuseRemovemappingOne.size)
  for (let one = at + FuseRemovemappingIn.size; one < end; one += FuseRemovemappingOne.size) {
    visit(readU64(view, one), readU64(view, one + FuseRemovemappingOne.offsets.len))
  }
}

/** Both structs begin with their count. */
function checkCount(view: DataView, at: number, end: number, headSize: number, oneSize: number): void {
  if (end - at < headSize) throw new ProtocolError('request cut short before its count', at)
  const count = view.getUint32(at, true)
  const room = end - at - headSize
  if (count * oneSize !== room) throw new ProtocolError(`${count} records do not fill ${room} bytes`, at)
}

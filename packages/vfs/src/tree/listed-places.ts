import { Errno, nameToBytes } from '@fb/api'
import { PSEUDO_INDEX, ROOT } from '../node-ids.js'
import type { Graft } from './graft-table.js'
import type { Place } from './place.js'

/**
 * Cookies of places, which are listed behind what the back end has: this plus the number of the place. No file system of
 * Linux is known to use this range: ext4, whose cookies fill 63 bits, keeps the highest 31 of these below all ones but for
 * {@link END_COOKIE}.
 */
export const PLACE_COOKIES = 0x7fff_ffff_0000_0000n
/**
 * No place has this one: ext4 and btrfs give it to the last entry of a directory. File systems whose cookies have the
 * highest bit set are listed too.
 */
const END_COOKIE = 0x7fff_ffff_ffff_ffffn

/** Whether a cookie is that of a place. */
export function isPlaceCookie(cookie: bigint): boolean {
  return cookie >= PLACE_COOKIES && cookie < END_COOKIE
}

/** Whether a place is listed by the tree; the back end lists those that are directories of its own. */
export function isListed({ shown }: Place): boolean {
  return shown !== undefined && (shown.node === ROOT || shown.mount.index === PSEUDO_INDEX)
}

/**
 * Whether an entry of a back end is left out of the list of a directory with places, because one of them has its name.
 * EOVERFLOW where its cookie would be taken for a place's.
 */
export function hiddenBy({ names }: Graft, name: Uint8Array | string, cookie: bigint): boolean | Errno {
  if (isPlaceCookie(cookie)) return Errno.EOVERFLOW
  const place = names.get(typeof name === 'string' ? nameToBytes(name) : name)
  return place !== undefined && isListed(place)
}

import type { Name } from '../file-system.js'

const TRUSTED = Buffer.from('trusted.')
const DEFAULT_ACL = Buffer.from('system.posix_acl_default')

/** Whether an attribute is the ACL that a directory gives to what is made in it. */
export function isDefaultAcl(name: Name): boolean {
  return DEFAULT_ACL.equals(name)
}

/**
 * A list of names, each ended by NUL, without those that only root may know of: the kernel answers reading them with ENODATA,
 * but leaves lists to the file system, which has to leave them out (xattr(7); `simple_xattr_list`, fs/xattr.c).
 */
export function withoutTrusted(names: Uint8Array): Uint8Array {
  const list = Buffer.from(names.buffer, names.byteOffset, names.length)
  if (!list.includes(TRUSTED)) return names
  const kept: Uint8Array[] = []
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0, at)
    const next = end < 0 ? list.length : end + 1
    if (!list.subarray(at, at + TRUSTED.length).equals(TRUSTED)) kept.push(list.subarray(at, next))
    at = next
  }
  return Buffer.concat(kept)
}

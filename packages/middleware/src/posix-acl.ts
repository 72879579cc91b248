/** Extended attributes that hold a POSIX ACL. */
const NAMES: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default'])

// struct posix_acl_xattr_header and struct posix_acl_xattr_entry (include/uapi/linux/posix_acl_xattr.h).
const VERSION = 2
const HEADER = 4
const ENTRY = 8
const ID = 4
// Tags of entries that name a user or group (include/uapi/linux/posix_acl.h).
const ACL_USER = 0x02
const ACL_GROUP = 0x08

/** Whether an extended attribute holds a POSIX ACL. */
export function isPosixAcl(name: Uint8Array): boolean {
  return NAMES.has(Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1'))
}

/**
 * A copy of an ACL with other ids. `undefined` where the bytes are no ACL, or where a function gives `undefined` for an
 * id that is in it.
 */
export function mapPosixAcl(
  acl: Uint8Array,
  mapUid: (uid: number) => number | undefined,
  mapGid: (gid: number) => number | undefined,
): Uint8Array | undefined {
  if (acl.length < HEADER || (acl.length - HEADER) % ENTRY !== 0) return undefined
  const mapped = acl.slice()
  const view = new DataView(mapped.buffer, mapped.byteOffset, mapped.length)
  if (view.getUint32(0, true) !== VERSION) return undefined
  for (let at = HEADER; at < mapped.length; at += ENTRY) {
    const tag = view.getUint16(at, true)
    if (tag !== ACL_USER && tag !== ACL_GROUP) continue
    const id = view.getUint32(at + ID, true)
    const other = tag === ACL_USER ? mapUid(id) : mapGid(id)
    if (other === undefined) return undefined
    view.setUint32(at + ID, other, true)
  }
  return mapped
}

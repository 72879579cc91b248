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

/** Gives the other side's id; `undefined` for one that has no name there. */
type MapId = (id: number) => number | undefined

/**
 * A copy of an ACL with the ids of the file system. `undefined` where the bytes are no ACL, or an id in it has no name
 * there.
 */
export function aclToHost(acl: Uint8Array, mapUid: MapId, mapGid: MapId): Uint8Array | undefined {
  const mapped = mapAcl(acl, mapUid, mapGid)
  return mapped?.length === acl.length ? mapped : undefined
}

/**
 * A copy of an ACL with the ids of the client. Entries of users and groups that have no name there are left out: nobody
 * there can be meant by them, and an ACL with an id of -1 is none to the kernel (`posix_acl_from_xattr`), which then lets
 * nobody pass but root. `undefined` where the bytes are no ACL.
 */
export function aclToClient(acl: Uint8Array, mapUid: MapId, mapGid: MapId): Uint8Array | undefined {
  return mapAcl(acl, mapUid, mapGid)
}

/** An ACL with other ids, without the entries whose id has no name; `undefined` where the bytes are no ACL. */
function mapAcl(acl: Uint8Array, mapUid: MapId, mapGid: MapId): Uint8Array | undefined {
  if (acl.length < HEADER || (acl.length - HEADER) % ENTRY !== 0) return undefined
  const mapped = acl.slice()
  const view = new DataView(mapped.buffer, mapped.byteOffset, mapped.length)
  if (view.getUint32(0, true) !== VERSION) return undefined
  let end = HEADER
  for (let at = HEADER; at < mapped.length; at += ENTRY) {
    mapped.copyWithin(end, at, at + ENTRY)
    const tag = view.getUint16(end, true)
    const id = view.getUint32(end + ID, true)
    const other = tag === ACL_USER ? mapUid(id) : tag === ACL_GROUP ? mapGid(id) : id
    if (other === undefined) continue
    view.setUint32(end + ID, other, true)
    end += ENTRY
  }
  return mapped.subarray(0, end)
}

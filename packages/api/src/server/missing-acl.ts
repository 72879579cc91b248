import { InitFlag } from '@fb/abi'
import { Errno } from '../errno.js'
import type { Name, Outcome } from '../file-system.js'
import { isPromise } from '../outcome.js'
import type { Core } from './core.js'

const PREFIX = new TextEncoder().encode('system.posix_acl_')

/** Whether an attribute decides who may do what: the kernel then asks for it before it lets anybody but root pass. */
export function decidesAccess(core: Core, name: Name): boolean {
  return (
    name.length > PREFIX.length &&
    PREFIX.every((byte, at) => name[at] === byte) &&
    core.negotiated !== undefined &&
    (core.negotiated.flags & InitFlag.POSIX_ACL) !== 0n
  )
}

/**
 * What `getxattr` gives of an ACL, with ENODATA for EOPNOTSUPP. Where the kernel obeys ACLs it takes any other error for a
 * failure of the permission check (`fuse_get_acl`, fs/fuse/acl.c), and a node that cannot have an ACL, in a tree with others
 * that can, would be closed to everybody but root.
 */
export function withoutAcl<T>(ask: () => Outcome<T>): Outcome<T> {
  try {
    const outcome = ask()
    return isPromise(outcome) ? outcome.then<T | Errno, Errno>(orNone, failedOrNone) : orNone(outcome)
  } catch (error) {
    return failedOrNone(error)
  }
}

function orNone<T>(outcome: T | Errno): T | Errno {
  return outcome === Errno.EOPNOTSUPP || outcome === -Errno.EOPNOTSUPP.errno ? Errno.ENODATA : outcome
}

function failedOrNone(error: unknown): Errno {
  if (Errno.from(error) === Errno.EOPNOTSUPP) return Errno.ENODATA
  throw error
}

/** A security context that the kernel wants set on a new file (SECURITY_CTX): attribute name and value. */
export interface SecurityContext {
  /** Attribute name without NUL, such as `security.selinux`. */
  readonly name: Uint8Array
  readonly value: Uint8Array
}

/**
 * Who asks, and how to learn that they stopped waiting. One object per request; valid until the method's
 * result is settled, not longer: the server reuses it for the next request that is answered at once.
 */
export interface Context {
  /** User id of the caller, as the mount's user namespace sees it; 0xffffffff where it has none there. */
  readonly uid: number
  /** Group id of the caller; 0xffffffff where it has none. */
  readonly gid: number
  /** Thread id of the caller in the mount's pid namespace; 0 where there is none (write-back, readahead). */
  readonly pid: number
  /** The caller's umask where the operation creates something, at most 0o777; 0 elsewhere. Already applied to `mode` unless DONT_MASK is negotiated. */
  readonly umask: number
  /** Supplementary groups that the kernel sent (CREATE_SUPP_GROUP); empty where it sent none. */
  readonly groups: readonly number[]
  /**
   * What the request does not say of the process that makes it; `undefined` where that cannot be known (a guest's, or one that
   * has ended). Looked up when it is read, which costs more than most operations.
   */
  readonly process?: CallerProcess | undefined
  /** Security contexts for the new file, empty where the kernel sent none. */
  readonly securityContexts: readonly SecurityContext[]
  /** Number of the request on this connection (for logs). */
  readonly unique: bigint
  /** Aborted when the caller is interrupted, at unmount and when the server closes. Made only when read. */
  readonly signal: AbortSignal
}

/** A process that makes a request. */
export interface CallerProcess {
  /** Supplementary groups, as the file system sees them. */
  readonly groups: readonly number[]
  /** CAP_FOWNER: it acts as the owner of any file (capabilities(7)). */
  readonly ownsAll: boolean
  /** CAP_FSETID: set-id bits stay when it changes a file (capabilities(7)). */
  readonly keepsSetId: boolean
}

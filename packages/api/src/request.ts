/**
 * Where READ puts its data: straight into the reply, wherever the transport keeps that (memory of this
 * process, or of a guest). Use one of the three ways, once.
 */
export interface ReadSink {
  /** Bytes that the caller asked for. */
  readonly size: number
  /** open(2) flags of the file as the kernel has them now. */
  readonly flags: number
  /** Owner of mandatory locks, 0n where the kernel sent none. */
  readonly lockOwner: bigint
  /**
   * One preadv2(2) from `fd` at `offset` with RWF_* `flags` into the reply, blocking this thread.
   * Returns the number of bytes or a negative errno; nothing is filled then. With RWF_NOWAIT, fewer bytes than asked
   * for need not mean the end of the file; a transport that cannot pass flags on reads without them.
   */
  fromFd(fd: number, offset: number, flags?: number): number
  /** The same on a thread of its own; for what may wait for a disk or a network. */
  fromFdAsync(fd: number, offset: number): Promise<number>
  /**
   * `size` zeroed bytes that become the reply. Fill them and return how many are valid. Costs the zeroing:
   * returning a `Uint8Array` of your own is as good where the data is in memory anyway.
   */
  buffer(): Uint8Array
}

/** Where WRITE takes its data from: the request, wherever the transport keeps that. */
export interface WriteSource {
  /** Bytes to write. */
  readonly size: number
  /** open(2) flags of the file as the kernel has them now. */
  readonly flags: number
  /** `WriteFlag` bits of `@fb/abi`: CACHE (written back, caller unknown), LOCKOWNER, KILL_SUIDGID. */
  readonly writeFlags: number
  /** Owner of mandatory locks, 0n where the kernel sent none. */
  readonly lockOwner: bigint
  /**
   * One pwritev2(2) to `fd` at `offset` with RWF_* `flags`, blocking this thread. With `killPriv` the call
   * runs without CAP_FSETID, so that the kernel clears set-user-id and set-group-id.
   * Returns the number of bytes or a negative errno.
   */
  toFd(fd: number, offset: number, flags?: number, killPriv?: boolean): number
  /** The same on a thread of its own. */
  toFdAsync(fd: number, offset: number, flags?: number, killPriv?: boolean): Promise<number>
  /** The payload as bytes: a view valid during the call, or a copy where the client could change it meanwhile. */
  bytes(): Uint8Array
}

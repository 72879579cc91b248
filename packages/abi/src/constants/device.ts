/**
 * ioctl(2) request numbers of `/dev/fuse`, as encoded on x86-64 and arm64.
 * The C name of a member is `FUSE_DEV_IOC_` + key.
 */
export const DevIoctl = {
  /** Attach a fresh device fd to the connection of another; the argument is a u32 fd. */
  CLONE: 0x8004e500,
  /** Register a backing file; the argument is a `fuse_backing_map`, the result is its id. */
  BACKING_OPEN: 0x4010e501,
  /** Drop a backing file; the argument is a u32 id. */
  BACKING_CLOSE: 0x4004e502,
  /** Make mount(2) wait until INIT was answered. No argument. */
  SYNC_INIT: 0xe503,
} as const

/** Any number of {@link DevIoctl}. */
export type DevIoctl = (typeof DevIoctl)[keyof typeof DevIoctl]

/** io_uring commands on `/dev/fuse`. The C name of a member is `FUSE_IO_URING_CMD_` + key. */
export const UringCommand = {
  /** Not a command. */
  INVALID: 0,
  /** Hand an entry to the kernel and wait for its first request. */
  REGISTER: 1,
  /** Answer the request of an entry and wait for its next one. */
  COMMIT_AND_FETCH: 2,
} as const

/** Any number of {@link UringCommand}. */
export type UringCommand = (typeof UringCommand)[keyof typeof UringCommand]

/** Magic byte of every ioctl(2) number in {@link DevIoctl}. */
export const FUSE_DEV_IOC_MAGIC = 229

/** Bytes of `fuse_uring_req_header.in_out`, which holds the `fuse_in_header` or `fuse_out_header`. */
export const FUSE_URING_IN_OUT_HEADER_SZ = 128

/** Bytes of `fuse_uring_req_header.op_in`, which holds the struct of the operation. */
export const FUSE_URING_OP_IN_OUT_SZ = 128

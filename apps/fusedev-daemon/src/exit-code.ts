/** Exit codes of the daemon (sysexits.h): what a supervisor can tell apart. */
export const ExitCode = {
  /** The file system was unmounted, or a signal asked for the end. */
  OK: 0,
  /** Wrong options or arguments. */
  USAGE: 64,
  /** The source directory cannot be served. */
  NO_INPUT: 66,
  /** The connection to the kernel was lost, or the mount failed for a reason other than permission. */
  UNAVAILABLE: 69,
  /** A defect of the daemon itself. */
  SOFTWARE: 70,
  /** Not allowed to mount. */
  NO_PERMISSION: 77,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

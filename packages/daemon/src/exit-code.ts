/** Exit codes of a daemon (sysexits.h): what a supervisor can tell apart. */
export const ExitCode = {
  /** A signal asked for the end, the file system was unmounted, or what was asked for has been printed. */
  OK: 0,
  /** Wrong options or arguments, or options that are not honoured. */
  USAGE: 64,
  /** What is to be served cannot be. */
  NO_INPUT: 66,
  /** It cannot mount or listen, or lost the connection to the kernel. */
  UNAVAILABLE: 69,
  /** A defect of the daemon itself. */
  SOFTWARE: 70,
  /** Not allowed to mount. */
  NO_PERMISSION: 77,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

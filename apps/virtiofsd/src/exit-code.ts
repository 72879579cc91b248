/** Exit codes of the daemon (sysexits.h): what a supervisor can tell apart. */
export const ExitCode = {
  /** A signal asked for the end, or what was asked for has been printed. */
  OK: 0,
  /** Wrong options, or options that are not honoured. */
  USAGE: 64,
  /** The shared directory cannot be served. */
  NO_INPUT: 66,
  /** It cannot listen on the socket. */
  UNAVAILABLE: 69,
  /** A defect of the daemon itself. */
  SOFTWARE: 70,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

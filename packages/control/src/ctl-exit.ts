/** Exit codes of `ctl` (sysexits.h). */
export const CtlExit = {
  /** Done, and visible to the client. */
  OK: 0,
  /** The daemon refused. */
  REFUSED: 1,
  /** Wrong options or arguments. */
  USAGE: 64,
  /** Nobody answers at the socket, or not to the end. */
  UNAVAILABLE: 69,
  /** Done, but the client may go on believing in the old state for a while: nothing can tell it. */
  NOT_YET_VISIBLE: 75,
} as const
export type CtlExit = (typeof CtlExit)[keyof typeof CtlExit]

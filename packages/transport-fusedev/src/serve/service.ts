/** Something that serves a connection: the event loop of this thread, or other threads. */
export interface Service {
  /** Resolves when the connection has ended. Rejects with what makes serving impossible. */
  readonly ended: Promise<void>
  /** Stops serving and closes the servers: their file systems' `destroy` has run when it resolves. */
  close(): Promise<void>
  /** Stops serving on this thread and others, without the event loop: the process is about to end. */
  stopNow(): void
}

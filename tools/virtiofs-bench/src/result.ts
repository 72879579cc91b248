/** What one workload showed of one daemon. */
export interface Result {
  /** Operations per second of the guest. */
  readonly rate: number
  /** Per operation. */
  readonly kicks: number
  readonly calls: number
  /** Microseconds of CPU time that the daemon used per operation. */
  readonly cpu: number
}

/** A test that is known to fail, and why. */
export interface ExpectedFailure {
  readonly test: string
  readonly reason: string
}

/** What fails on a mount of the daemon for reasons that are not its own. */
export const EXPECTED_FAILURES: readonly ExpectedFailure[] = []

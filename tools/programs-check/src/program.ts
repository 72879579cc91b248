/** Where programs work. */
export interface Place {
  /** An empty directory. */
  readonly directory: string
  /** A directory of another disk, which both runs have in common: for what is fetched or made once. */
  readonly common: string
}

/**
 * Something that people do with programs that nobody here wrote.
 *
 * `run` gives what came of it in words, one fact a line, the same wherever all is right: no times, no paths. It throws where a
 * program fails.
 */
export interface Program {
  readonly name: string
  readonly description: string
  /** Programs that it needs, by their names in PATH or their absolute paths. */
  readonly needs: readonly string[]
  run(place: Place): Promise<string[]>
}

/** A mount option that is unknown, malformed, or contradicts another. `option` is its name where one is to blame. */
export class MountOptionError extends Error {
  override readonly name = 'MountOptionError'
  readonly option: string | undefined

  constructor(message: string, option?: string) {
    super(message)
    this.option = option
  }
}

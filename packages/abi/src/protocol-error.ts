/**
 * Bytes that do not follow the protocol. A server answers the request that holds them with EINVAL.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'

  /** Position in the view of the byte at which the bytes went wrong. */
  readonly offset: number

  /**
   * @param message what is wrong, without the position, which is added.
   * @param offset position of the offending byte in the view.
   */
  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`)
    this.offset = offset
  }
}

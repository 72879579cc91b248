/**
 * A message that is malformed or comes where it must not: which, and what is wrong. The connection ends with it.
 */
export class ProtocolViolation extends Error {
  override readonly name: string = 'ProtocolViolation'

  /** @param message - name of the message, without VHOST_USER_ */
  constructor(message: string, reason: string) {
    super(`${message}: ${reason}`)
  }
}

/**
 * A sound message that cannot be obeyed. The front end is told so where it asked for an answer; where it did not, the
 * connection ends, for it would go on as if all were well, unless the message is harmless.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly harmless: boolean

  constructor(message: string, reason: string, harmless = false) {
    super(`${message}: ${reason}`)
    this.harmless = harmless
  }
}

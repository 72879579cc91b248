import { opcodeInfo } from '@fb/abi'
import type { Errno } from '../errno.js'
import { errnoMessage } from '../errno-message.js'

/** The error that an operation of a {@link FuseClient} ended with. */
export class FuseError extends Error {
  override readonly name = 'FuseError'
  /** Symbolic name, such as `ENOENT`. */
  readonly code: string
  /** Positive error number, as `Errno.errno`. */
  readonly errno: number
  /** Name of the operation, such as `LOOKUP`. */
  readonly operation: string

  /** @param detail why, where the client knows more than the number says */
  constructor(error: Errno, opcode: number, detail?: string) {
    const operation = opcodeInfo(opcode)?.name ?? `operation ${opcode}`
    super(`${error.code}: ${detail ?? errnoMessage(error.errno)}, ${operation}`)
    this.code = error.code
    this.errno = error.errno
    this.operation = operation
  }
}

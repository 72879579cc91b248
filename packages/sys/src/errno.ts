import { getSystemErrorMap } from 'node:util'
import { native } from './bindings.js'

const numberByName = new Map<string, number>(Object.entries(native.errnos))

// An alias has the number of another name and must not replace it.
const ALIASES = new Set(['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP'])
const nameByNumber = new Map<number, string>()
for (const [name, number] of numberByName) if (!ALIASES.has(name)) nameByNumber.set(number, name)

/**
 * The name of an error number of Linux, such as `ENOENT` for 2 or -2; `E<number>` where there is none.
 */
export function errnoName(errno: number): string {
  const number = Math.abs(errno)
  return nameByNumber.get(number) ?? `E${number}`
}

/**
 * The positive error number of a name, such as 2 for `ENOENT`; `undefined` where Linux knows no such name.
 * Aliases (`EWOULDBLOCK`, `EDEADLOCK`, `ENOTSUP`) are known too.
 */
export function errnoNumber(name: string): number | undefined {
  return numberByName.get(name)
}

/**
 * A system call that failed, in the shape of Node's own errors: `code` is `'ENOENT'`, `errno` is -2, `syscall`
 * names the call. For callers off the hot path; see {@link check}.
 */
export class SysError extends Error {
  override readonly name = 'SysError'
  /** Symbolic name, such as `ENOENT`. */
  readonly code: string
  /** Negative error number, as in Node's system errors. */
  readonly errno: number
  /** The call that failed, such as `openat`. */
  readonly syscall: string

  /**
   * @param errno - as the addon returns it (-2) or positive (2)
   * @param syscall - the call that failed
   */
  constructor(errno: number, syscall: string) {
    const code = errnoName(errno)
    const text = getSystemErrorMap().get(-Math.abs(errno))?.[1]
    super(text === undefined ? `${code}: ${syscall}` : `${code}: ${text}, ${syscall}`)
    this.code = code
    this.errno = -Math.abs(errno)
    this.syscall = syscall
  }
}

/**
 * Passes a result on, or throws it as a {@link SysError} when it is `-errno`.
 * @example const fd = check(openat(AT_FDCWD, '/dev/fuse', O_RDWR, 0), 'openat /dev/fuse')
 */
export function check(result: number, syscall: string): number {
  if (result < 0) throw new SysError(result, syscall)
  return result
}

import { FuseInHeader, FuseInitIn, Opcode, opcodes } from '@fb/abi'
import type { Negotiated } from '../connection.js'
import type { TransportRequest } from '../transport.js'
import { type Dialect, dialectFromInit, dialectOf, newestDialect } from './dialect.js'
import { formatReply, type OutgoingReply } from './format-reply.js'
import { formatRequest } from './format-request.js'
import { TracedRequest } from './traced-request.js'

/** Options of {@link traceRequests}. */
export interface TraceOptions {
  /** Names of the operations to show, such as `LOOKUP`; all by default. Throws RangeError for one that does not exist. */
  readonly operations?: readonly string[]
  /** What was negotiated, where INIT was answered before this tracer saw anything (`ServerOptions.negotiated`). */
  readonly negotiated?: Negotiated
  /** The time in milliseconds since 1970, with fractions. Default the clock of this process. */
  readonly now?: () => number
}

const MS_PER_SECOND = 1000

/**
 * Makes a function for `ServerOptions.observe` that writes one line for each request when it ends, as strace(1)
 * does for system calls:
 *
 *     12:03:04.123456 LOOKUP node=1 "etc" uid=1000 gid=1000 pid=442 = node 7 dir 0755 size=4096 <0.000031>
 *
 * The time is when the request came, in local time; between the angle brackets is how long the answer took, in
 * seconds. Data is shown as its size, never as content. `write` gets each line without a line feed; it must not
 * throw. A tracer belongs to one server, because it learns from INIT how long the structs are.
 */
export function traceRequests(
  write: (line: string) => void,
  options: TraceOptions = {},
): (request: TransportRequest) => TransportRequest {
  const { now = wallClock } = options
  const shown = options.operations === undefined ? undefined : operationCodes(options.operations)
  let dialect = options.negotiated === undefined ? newestDialect : dialectOf(options.negotiated)

  return (request) => {
    const began = now()
    if (request.available < FuseInHeader.size) {
      return new TracedRequest(request, () => {
        write(`${clockTime(began)} (${request.available} bytes, shorter than a header) = no reply`)
        return () => {}
      })
    }
    const header = FuseInHeader.decode(request.view, 0, FuseInHeader.create())
    const { opcode } = header
    if (opcode !== Opcode.INIT && shown?.has(opcode) === false) return request
    return new TracedRequest(request, (reply) => {
      if (opcode === Opcode.INIT) dialect = learn(dialect, request, reply)
      if (shown?.has(opcode) === false) return () => {}
      const took = ((now() - began) / MS_PER_SECOND).toFixed(6)
      const result = reply === undefined ? 'no reply' : formatReply(opcode, reply, dialect)
      const line = `${clockTime(began)} ${formatRequest(request, header, dialect)} = ${result}`
      return (delivered) => write(`${line}${delivered ? '' : ' (not delivered)'} <${took}>`)
    })
  }
}

function wallClock(): number {
  return performance.timeOrigin + performance.now()
}

/** `12:03:04.123456`, local time. */
function clockTime(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  const micros = String(Math.floor((time % MS_PER_SECOND) * 1000)).padStart(6, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros}`
}

function operationCodes(names: readonly string[]): ReadonlySet<number> {
  const known = new Map(Object.values(opcodes).map(({ name, code }) => [name, code]))
  return new Set(
    names.map((name) => {
      const code = known.get(name)
      if (code === undefined) throw new RangeError(`there is no operation ${name}`)
      return code
    }),
  )
}

/** What the answer to INIT changes. */
function learn(dialect: Dialect, request: TransportRequest, reply: OutgoingReply | undefined): Dialect {
  const minorAt = FuseInHeader.size + FuseInitIn.offsets.minor
  if (reply?.error !== 0 || reply.body === undefined || request.available < minorAt + 4) return dialect
  return dialectFromInit(request.view.getUint32(minorAt, true), reply.body)
}

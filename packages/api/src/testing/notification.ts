import { FuseOutHeader, nameEnd, notifications } from '@fb/abi'

/** A notification that the file system sent: what a kernel would have been told about its caches. */
export interface Notification {
  /** Key in `NotifyCode`, such as `INVAL_ENTRY`. */
  readonly name: string
  /** The fields of its struct, as `@fb/abi` names them; empty where it has none. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The name that it is about, where it carries one. */
  readonly fileName?: Uint8Array
  /** What follows: the data of STORE, the nodes of PRUNE as they are on the wire. */
  readonly payload: Uint8Array
}

/** Reads back what a `Notifier` has sent. Throws RangeError for a code that the protocol does not have. */
export function decodeNotification(head: Uint8Array, data: Uint8Array = new Uint8Array(0)): Notification {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const code = view.getInt32(FuseOutHeader.offsets.error, true)
  const info = notifications[code]
  if (info === undefined) throw new RangeError(`there is no notification ${code}`)
  let at: number = FuseOutHeader.size
  const fields: Record<string, unknown> = {}
  if (info.struct !== undefined) {
    Object.assign(fields, info.struct.decode(view, at, info.struct.create()))
    at += info.struct.size
  }
  if (info.names === 0) return { name: info.name, fields, payload: concat(head.subarray(at), data) }
  const stop = nameEnd(head, at, head.length)
  return { name: info.name, fields, fileName: head.slice(at, stop), payload: data.slice() }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}

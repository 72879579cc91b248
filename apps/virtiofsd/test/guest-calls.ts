import { FuseEntryOut, FuseOpenIn, FuseOpenOut, Opcode } from '@fb/abi'
import { RequestBody } from '@fb/api/testing'
import type { RingClient } from '@fb/transport-virtiofs/testing'

const O_RDWR = 2

/** Decodes a struct at the start of a body. Throws where it is shorter. */
export function decode<T>(
  descriptor: { readonly size: number; create(): T; decode(view: DataView, at: number, out: T): T },
  body: Uint8Array,
): T {
  if (body.length < descriptor.size) throw new Error(`a body of ${body.length} bytes`)
  return descriptor.decode(new DataView(body.buffer, body.byteOffset, body.length), 0, descriptor.create())
}

/** Looks a name up. Throws where that fails. */
export async function lookup(client: RingClient, name: string, parent = 1): Promise<number> {
  const { error, body } = await client.call(Opcode.LOOKUP, parent, new RequestBody().name(name))
  if (error !== 0) throw new Error(`LOOKUP ${name} was answered ${error}`)
  return decode(FuseEntryOut, body).nodeid
}

/** Opens a file for reading and writing. Throws where that fails. */
export async function open(client: RingClient, node: number): Promise<number> {
  const { error, body } = await client.call(
    Opcode.OPEN,
    node,
    new RequestBody().struct(FuseOpenIn, { flags: O_RDWR }),
  )
  if (error !== 0) throw new Error(`OPEN was answered ${error}`)
  return decode(FuseOpenOut, body).fh
}

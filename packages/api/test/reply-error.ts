/** The error number that a reply carries, negative as on the wire; `undefined` where there was no reply. */
export function replyError(reply: Uint8Array | undefined): number | undefined {
  return reply === undefined ? undefined : new DataView(reply.buffer, reply.byteOffset).getInt32(4, true)
}

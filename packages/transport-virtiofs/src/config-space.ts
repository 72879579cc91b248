/** Bytes of the tag in the configuration space (struct virtio_fs_config). */
const TAG_BYTES = 36
/** Most request queues: with the queue for FORGET, as many as a vhost-user device may have. */
export const MAX_REQUEST_QUEUES = 255

/**
 * The configuration space of the device (virtio 1.2, 5.11.4): the tag in UTF-8, padded with zeros, and the number of
 * request queues.
 * @throws RangeError for a tag that is empty, longer than 36 bytes or contains NUL, and for fewer than 1 or more than
 * 255 queues
 */
export function configSpace(tag: string, requestQueues: number): Uint8Array {
  const name = new TextEncoder().encode(tag)
  if (name.length === 0 || name.length > TAG_BYTES || name.includes(0)) {
    throw new RangeError(`a tag has 1 to ${TAG_BYTES} bytes and no NUL, and '${tag}' does not`)
  }
  if (!Number.isInteger(requestQueues) || requestQueues < 1 || requestQueues > MAX_REQUEST_QUEUES) {
    throw new RangeError(`a device has 1 to ${MAX_REQUEST_QUEUES} request queues, not ${requestQueues}`)
  }
  const bytes = new Uint8Array(TAG_BYTES + 4)
  bytes.set(name)
  new DataView(bytes.buffer).setUint32(TAG_BYTES, requestQueues, true)
  return bytes
}

import { errnoNumber } from '@fb/sys'
import { encodeMessage } from './message.js'
import { MessageSocket } from './message-socket.js'
import { BackendRequest, HeaderFlag, ProtocolFeature } from './protocol.js'

/** Part of a file in a shared memory region of the device, which the guest sees from then on. */
export interface SharedMapping {
  /** Which shared memory region. */
  readonly shmid: number
  /** Of the first byte in the region, a multiple of the page size. */
  readonly shmOffset: number
  readonly length: number
  /** Stays the caller's. */
  readonly fd: number
  /** Of the first byte in the file, a multiple of the page size. */
  readonly fdOffset: number
  readonly writable: boolean
}

/** What a device can ask of the front end (vhost-user, "Back-end message types"). */
export interface FrontEnd {
  /** `ProtocolFeature` bits that were negotiated. */
  readonly protocolFeatures: bigint
  /**
   * Shows part of a file to the guest (SHMEM_MAP). What is mapped there already must be unmapped first.
   * @returns 0, or `-errno`: `-EOPNOTSUPP` (SHMEM and BACKEND_SEND_FD were not negotiated), `-EIO` (refused), `-EPIPE`
   */
  map(mapping: SharedMapping): Promise<number>
  /** Takes a whole mapping away (SHMEM_UNMAP). Result as of {@link FrontEnd.map}. */
  unmap(mapping: Pick<SharedMapping, 'shmid' | 'shmOffset' | 'length'>): Promise<number>
  /** The configuration space has changed (CONFIG_CHANGE_MSG; needs CONFIG). Result as of {@link FrontEnd.map}. */
  configChanged(): Promise<number>
}

function errno(name: string): number {
  return -(errnoNumber(name) ?? 5)
}

const EOPNOTSUPP = errno('EOPNOTSUPP')
const EPIPE = errno('EPIPE')
const EIO = errno('EIO')
const REPLY_BYTES = 8

/** Payload of SHMEM_MAP and SHMEM_UNMAP: shmid (1, padded to 8), fd offset, shm offset, length, flags, 64 bits each. */
function mmapRequest(
  shmid: number,
  fdOffset: number,
  shmOffset: number,
  length: number,
  flags: bigint,
): Uint8Array {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, shmid)
  view.setBigUint64(8, BigInt(fdOffset), true)
  view.setBigUint64(16, BigInt(shmOffset), true)
  view.setBigUint64(24, BigInt(length), true)
  view.setBigUint64(32, flags, true)
  return bytes
}

/** Requests of the back end over the socket that the front end gave for them, one after the other. */
export class FrontEndChannel implements FrontEnd {
  readonly protocolFeatures: bigint
  readonly #socket: MessageSocket
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  /** @param fd - a stream socket, this object's from now on */
  constructor(fd: number, protocolFeatures: bigint) {
    this.#socket = new MessageSocket(fd, 'replies')
    this.protocolFeatures = protocolFeatures
  }

  map(mapping: SharedMapping): Promise<number> {
    const { shmid, fdOffset, shmOffset, length, fd, writable } = mapping
    const payload = mmapRequest(shmid, fdOffset, shmOffset, length, writable ? 1n : 0n)
    const needed = ProtocolFeature.SHMEM | ProtocolFeature.BACKEND_SEND_FD
    return this.#request(BackendRequest.SHMEM_MAP, needed, payload, [fd])
  }

  unmap(mapping: Pick<SharedMapping, 'shmid' | 'shmOffset' | 'length'>): Promise<number> {
    const payload = mmapRequest(mapping.shmid, 0, mapping.shmOffset, mapping.length, 0n)
    return this.#request(BackendRequest.SHMEM_UNMAP, ProtocolFeature.SHMEM, payload, [])
  }

  configChanged(): Promise<number> {
    return this.#request(BackendRequest.CONFIG_CHANGE_MSG, ProtocolFeature.CONFIG, new Uint8Array(0), [])
  }

  /** Requests under way end with `-EPIPE`. Idempotent. */
  close(): void {
    this.#closed = true
    this.#socket.close()
  }

  #request(request: number, needed: bigint, payload: Uint8Array, fds: readonly number[]): Promise<number> {
    if ((this.protocolFeatures & needed) !== needed) return Promise.resolve(EOPNOTSUPP)
    const result = this.#last.then(() => this.#exchange(request, payload, fds))
    this.#last = result
    return result
  }

  /** Never rejects: after whatever goes wrong the channel is of no use. */
  async #exchange(request: number, payload: Uint8Array, fds: readonly number[]): Promise<number> {
    if (this.#closed) return EPIPE
    const acknowledged = (this.protocolFeatures & ProtocolFeature.REPLY_ACK) !== 0n
    const flags = HeaderFlag.VERSION | (acknowledged ? HeaderFlag.NEED_REPLY : 0)
    try {
      await this.#socket.send(encodeMessage(request, flags, payload), fds)
      if (!acknowledged) return 0
      const reply = await this.#socket.receive()
      for (const fd of reply?.fds ?? []) fd?.close()
      if (reply?.request === request && reply.payload.byteLength === REPLY_BYTES) {
        return reply.payload.getBigUint64(0, true) === 0n ? 0 : EIO
      }
    } catch {
      // Said by the result.
    }
    this.close()
    return EPIPE
  }
}

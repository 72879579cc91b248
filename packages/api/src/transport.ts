import type { CallerProcess } from './context.js'

/**
 * What a transport implements to feed a {@link Server}: one object per request in flight.
 *
 * The server reads `bytes` and sends exactly one reply, or drops the request where the protocol wants none.
 * It does so before `handle` returns, or calls `retain` and does so later.
 */
export interface TransportRequest extends DataSource {
  /**
   * The request: header, arguments and names; the payload of WRITE as well where `payloadInline` is true.
   * Private to this process while the request is in flight: a client must not be able to change it.
   */
  readonly bytes: Uint8Array
  /** A view of the same memory: `view` byte 0 is `bytes[0]`. */
  readonly view: DataView
  /** Valid bytes in `bytes`. */
  readonly available: number
  /** Bytes that the client sent, payload included. Equal to `available` where the payload is inline. */
  readonly length: number
  /** Bytes that the client can take as reply, header included. */
  readonly replyCapacity: number
  /** Scratch memory for the reply, at least `MIN_REPLY_BUFFER` bytes; shared by the requests of a channel. */
  readonly reply: ReplyBuffer
  /** Looks up who calls, by thread id: of transports whose callers are processes of this machine (`Connection.localCallers`). */
  readonly callerProcess?: ((pid: number) => CallerProcess | undefined) | undefined

  /** Sends `reply.bytes[0, length)`. False where the client is gone or no longer waits for it: undo what it was told. */
  send(length: number): boolean
  /** Sends the 16 bytes of header in `reply` followed by `data`. */
  sendWith(data: Uint8Array): boolean
  /** Sends the 16 bytes of header in `reply` followed by the first `size` bytes of the data area. */
  sendData(size: number): boolean
  /** Ends the request without a reply. */
  drop(): void
  /** The reply comes later: keep `bytes` unchanged until then. */
  retain(): void
}

/** Memory for a reply. */
export interface ReplyBuffer {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Smallest {@link TransportRequest.reply}: the header and the largest fixed reply, an xattr value or a link target. */
export const MIN_REPLY_BUFFER = 64 * 1024 + 4096

/** How data moves between a request and file descriptors, without passing through JavaScript. */
export interface DataSource {
  /** preadv2(2) of at most `size` bytes into the data area of the reply (behind the header). Count or negative errno. */
  dataFromFd(fd: number, offset: number, size: number, flags?: number): number
  dataFromFdAsync(fd: number, offset: number, size: number): Promise<number>
  /** The data area as `size` zeroed bytes. */
  dataBuffer(size: number): Uint8Array
  /** pwritev2(2) of `size` payload bytes that begin at `start` of the request. Count or negative errno. */
  payloadToFd(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): number
  payloadToFdAsync(
    start: number,
    size: number,
    fd: number,
    offset: number,
    flags: number,
    killPriv: boolean,
  ): Promise<number>
  /** The payload as bytes that the client cannot change any more. */
  payloadBytes(start: number, size: number): Uint8Array
}

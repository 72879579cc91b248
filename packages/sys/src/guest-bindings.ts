import type { PathLike } from './bindings.js'

/** Functions of the addon for memory of guests and for sockets that carry descriptors; see `Bindings`. */
export interface GuestBindings {
  // Memory of a guest: a buffer, or -errno.
  mapGuestRegion(fd: number, size: number, offset: number): ArrayBuffer | number
  unmapGuestRegion(buffer: ArrayBuffer): number
  guestRegionId(buffer: ArrayBuffer): number
  guestRegionBroken(id: number): number
  guestFaults(): number

  // The bytes [skip, skip + length) of segments [from, to): how many were moved.
  preadvGuest(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    length: number,
    fd: number,
    position: number,
    flags: number,
  ): number
  preadvGuestAsync(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    length: number,
    fd: number,
    position: number,
    flags: number,
  ): Promise<number>
  pwritevGuest(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    length: number,
    fd: number,
    position: number,
    flags: number,
    killPriv?: boolean,
  ): number
  pwritevGuestAsync(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    length: number,
    fd: number,
    position: number,
    flags: number,
    killPriv?: boolean,
  ): Promise<number>
  copyToGuest(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): number
  copyFromGuest(
    segments: Float64Array,
    from: number,
    to: number,
    skip: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): number

  // Sockets: a descriptor; recvWithFds and sendWithFds the number of bytes.
  listenUnix(path: PathLike, backlog: number, mode: number, gid: number): number
  acceptUnix(fd: number): number
  connectUnix(path: PathLike): number
  recvWithFds(fd: number, buffer: Uint8Array, offset: number, length: number, fdsOut: Int32Array): number
  sendWithFds(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    fds: Int32Array,
    count: number,
  ): number
  sendUnixDatagram(address: Uint8Array, message: Uint8Array): number
  dup3(fd: number, target: number): number
}

import { type Bindings, native } from './bindings.js'

/**
 * socket(2), bind(2), listen(2): a non-blocking Unix stream socket under a name. Nobody sees the name with another mode,
 * nor can connect before the group is set.
 * @param path - at most 107 bytes; must not exist
 * @param backlog - connections that wait to be accepted
 * @param mode - of the name, less the umask
 * @param gid - group of the name, -1 to leave it
 * @returns a descriptor, or `-errno`: `-EADDRINUSE` (the name exists), `-ENAMETOOLONG`
 */
export const listenUnix: Bindings['listenUnix'] = native.listenUnix

/**
 * accept4(2).
 * @returns a non-blocking descriptor, or `-errno`: `-EAGAIN` (nobody waits), `-EMFILE`
 */
export const acceptUnix: Bindings['acceptUnix'] = native.acceptUnix

/**
 * socket(2), connect(2) of a non-blocking Unix stream socket.
 * @returns a descriptor, or `-errno`: `-ECONNREFUSED` (nobody listens), `-ENOENT`, `-EAGAIN` (the backlog is full)
 */
export const connectUnix: Bindings['connectUnix'] = native.connectUnix

/**
 * recvmsg(2) into `buffer[offset, offset + length)`, with the descriptors that came along (SCM_RIGHTS). Never blocks.
 * A read ends with the bytes that descriptors came with, so that they belong to those bytes.
 * @param fdsOut - gets `[taken, lost, ...descriptors]`, also when nothing came: those that fit are the caller's to close;
 * `lost` counts those that were closed for want of room there, or were cut off because the process has too many open
 * @returns bytes, 0 when the peer has closed; or `-errno`: `-EAGAIN`, `-ECONNRESET`
 */
export const recvWithFds: Bindings['recvWithFds'] = native.recvWithFds

/**
 * sendmsg(2) of `buffer[offset, offset + length)` with `fds[0, count)`, which stay the caller's. Never blocks, raises no
 * SIGPIPE.
 * @param count - at most 253; the descriptors go with the first byte that is sent
 * @returns bytes sent, which may be fewer; or `-errno`: `-EAGAIN`, `-EPIPE`
 */
export const sendWithFds: Bindings['sendWithFds'] = native.sendWithFds

/**
 * sendto(2): one datagram to a Unix socket, from one that has no name. Never blocks.
 * @param address - a path, or an abstract name, which begins with a NUL and is all of these bytes (unix(7)); at most 108
 * @returns bytes sent, or `-errno`: `-ECONNREFUSED` and `-ENOENT` (nobody is there), `-EAGAIN` (its queue is full), `-EMSGSIZE`
 */
export const sendUnixDatagram: Bindings['sendUnixDatagram'] = native.sendUnixDatagram

/**
 * dup3(2), close-on-exec: `target` becomes another descriptor of the file of `fd`, at once for all threads that use it.
 * @returns `target`, or `-errno` (`-EINVAL` when both are the same)
 */
export const dup3: Bindings['dup3'] = native.dup3

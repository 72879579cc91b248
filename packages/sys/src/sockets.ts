import { type Bindings, native } from './bindings.js'

/**
 * socketpair(2): two connected Unix stream sockets.
 * @param out - gets both descriptors
 * @returns 0, or `-errno`
 */
export const socketpair: Bindings['socketpair'] = native.socketpair

/**
 * recvmsg(2): takes one byte and the descriptor sent with it (SCM_RIGHTS), as fusermount3 hands over `/dev/fuse`. Any
 * further descriptors are closed.
 * @returns a descriptor, or `-errno`: `-EBADMSG` when the byte came without one, `-EMFILE` when this process
 * has too many (it is lost), `-ECONNRESET` when the peer has closed
 */
export const recvFd: Bindings['recvFd'] = native.recvFd

/**
 * eventfd(2): a counter that can be waited for.
 * @param init - its first value
 * @param flags - EFD_NONBLOCK, EFD_SEMAPHORE
 * @returns a descriptor, or `-errno`
 */
export const eventfd: Bindings['eventfd'] = native.eventfd

/**
 * memfd_create(2): an anonymous file in memory.
 * @param name - for `/proc`, at most 249 bytes
 * @param flags - MFD_ALLOW_SEALING, MFD_HUGETLB
 * @returns a descriptor, or `-errno`
 */
export const memfdCreate: Bindings['memfdCreate'] = native.memfdCreate

/**
 * poll(2): waits until a descriptor is ready.
 * @param fds - triples [fd, events (POLL*), revents]; the third of each is filled, a negative fd is skipped
 * @param n - number of triples, at most 1024
 * @param timeoutMs - milliseconds; 0 only looks, -1 waits for ever
 * @returns how many are ready, 0 when time is up; or `-errno` (`-EINTR`: see {@link wakeThread})
 */
export const poll: Bindings['poll'] = native.poll

import { type Bindings, native } from './bindings.js'

/**
 * Maps part of a file that another process shares (memory of a guest) for reading and writing, and shows it as an
 * `ArrayBuffer` that ends with {@link unmapGuestRegion}, with its collection, or with the thread.
 *
 * - The other process may change the bytes at any time: read what you judge once, into memory of your own.
 * - It may truncate the file, too. Touching memory that is gone does not end the process: the whole region turns into
 *   zeroes and is broken from then on ({@link guestRegionBroken}). System calls get `-EFAULT` instead, and mark nothing.
 * - The bytes `[offset, offset + size)` must lie within the file now. They need not be aligned to pages; of a file on
 *   hugetlbfs whole huge pages around them are mapped.
 * - The mapping belongs to this thread: another maps the descriptor again.
 *
 * Not available where the runtime forbids buffers outside its heap (Electron).
 *
 * @param fd - a regular file open for reading and writing; may be closed afterwards
 * @param size - 1 ... 2^32 bytes
 * @param offset - of the first byte in the file
 * @returns the buffer, or `-errno`: `-ENXIO` (not within the file), `-EINVAL` (not a regular file), `-EOPNOTSUPP`
 * (neither in memory nor on a disk: a file system that another process serves could make us wait for ever), `-EACCES`,
 * `-EPERM` (sealed), `-ENOMEM`, `-ENOSPC` (16384 regions), `-ENOTSUP`
 */
export const mapGuestRegion: Bindings['mapGuestRegion'] = native.mapGuestRegion

/**
 * Ends a mapping. The buffer and all its views are detached first, so that nothing of this thread can reach freed
 * memory. A transfer in flight ({@link preadvGuestAsync}) keeps the pages until it is done.
 * @param buffer - from {@link mapGuestRegion} on this thread; a TypeError for any other, and the second time
 * @returns 0, or `-EBUSY` when the buffer cannot be detached now
 */
export const unmapGuestRegion: Bindings['unmapGuestRegion'] = native.unmapGuestRegion

/**
 * The number that stands for a region in segments. It is never used again, so that a stale segment is refused.
 * @param buffer - from {@link mapGuestRegion} on this thread
 */
export const guestRegionId: Bindings['guestRegionId'] = native.guestRegionId

/**
 * Whether the memory of a region went away under its mapping.
 * @param id - from {@link guestRegionId} on this thread
 * @returns 1 when it did, 0 when not, `-EINVAL` when the region is not mapped
 */
export const guestRegionBroken: Bindings['guestRegionBroken'] = native.guestRegionBroken

/**
 * How many regions of the process have broken since it began: one cheap look tells whether to ask
 * {@link guestRegionBroken}.
 */
export const guestFaults: Bindings['guestFaults'] = native.guestFaults

/**
 * preadv2(2) from a file into memory of a guest, without a copy in between.
 *
 * Segments are triples `[region id, offset in the region, length]`, all whole numbers. The data goes into the bytes
 * `[skip, skip + length)` of segments `[from, to)`, as far as there are so many. More than IOV_MAX segments take several
 * calls of the kernel, of which the last may be short.
 *
 * @param position - in the file, 0 ... 2^53 - 1
 * @param flags - RWF_*
 * @returns bytes read, or `-errno`: `-EFAULT` when a segment is not within a mapped region, or its memory is gone
 */
export const preadvGuest: Bindings['preadvGuest'] = native.preadvGuest

/**
 * {@link preadvGuest} on a thread of the addon. The regions stay mapped until it is done, whatever becomes of them here;
 * `segments` may be used again at once.
 */
export const preadvGuestAsync: Bindings['preadvGuestAsync'] = native.preadvGuestAsync

/**
 * pwritev2(2) of memory of a guest into a file; segments as for {@link preadvGuest}.
 * @param killPriv - write without CAP_FSETID, so that the kernel clears set-id bits; default false
 * @returns bytes written, which may be fewer; or `-errno`
 */
export const pwritevGuest: Bindings['pwritevGuest'] = native.pwritevGuest

/**
 * {@link pwritevGuest} on a thread of the addon, as {@link preadvGuestAsync}.
 */
export const pwritevGuestAsync: Bindings['pwritevGuestAsync'] = native.pwritevGuestAsync

/**
 * Copies `buffer[offset, offset + length)` into the bytes of segments `[from, to)` that begin at `skip`.
 * @returns bytes copied, fewer when the segments end before; `-EFAULT` when a segment is not within a mapped region
 */
export const copyToGuest: Bindings['copyToGuest'] = native.copyToGuest

/**
 * Copies the bytes of segments `[from, to)` that begin at `skip` into `buffer[offset, offset + length)`.
 * @returns bytes copied, fewer when the segments end before; `-EFAULT` when a segment is not within a mapped region
 */
export const copyFromGuest: Bindings['copyFromGuest'] = native.copyFromGuest

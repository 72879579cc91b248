import { type Bindings, native } from './bindings.js'

/**
 * ioctl(2) with a structure.
 *
 * The addon passes a copy of `buffer`, padded with zeros, and copies it back, also when the call fails, so that a length
 * that is wrong cannot damage memory. It cannot know pointers *inside* a structure: a request whose structure has any
 * must not be sent with bytes that came from somebody else.
 * @param request - unsigned 32 bits
 * @param buffer - the structure; `undefined` (or empty) passes a null pointer
 * @returns what the driver returns, or `-errno` (`-ENOTTY`: no such request here)
 */
export const ioctlBuffer: Bindings['ioctlBuffer'] = native.ioctlBuffer

/**
 * {@link ioctlBuffer} on a thread of the addon. At most 64 MiB.
 */
export const ioctlBufferAsync: Bindings['ioctlBufferAsync'] = native.ioctlBufferAsync

/**
 * ioctl(2) with a number in place of the pointer.
 *
 * A driver that expects a pointer takes the number for one: send only requests that are known to take a value.
 * @param value - signed or unsigned 32 bits
 * @returns what the driver returns, or `-errno`
 */
export const ioctlValue: Bindings['ioctlValue'] = native.ioctlValue

/**
 * {@link ioctlValue} on a thread of the addon.
 */
export const ioctlValueAsync: Bindings['ioctlValueAsync'] = native.ioctlValueAsync

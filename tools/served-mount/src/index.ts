/**
 * A directory of this machine that the daemon serves, for tools that run programs on it and on the disk.
 *
 * @packageDocumentation
 */
export { ServedMount, type ServedMountOptions } from './served-mount.js'

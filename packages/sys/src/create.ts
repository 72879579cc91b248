import { type Bindings, native } from './bindings.js'

/**
 * mkdirat(2). `mode` less the umask of the process.
 * @returns 0, or `-errno`
 */
export const mkdirat: Bindings['mkdirat'] = native.mkdirat

/**
 * {@link mkdirat} as somebody else; see {@link openatAs} for how and for the umask.
 * @returns 0, or `-errno`; `-EPERM` also when the thread may not act as that user
 */
export const mkdiratAs: Bindings['mkdiratAs'] = native.mkdiratAs

/**
 * mknodat(2): a regular file, FIFO, socket or device, as S_IFMT in `mode` says.
 * @param major - of a device, else 0
 * @param minor - of a device, else 0
 * @returns 0, or `-errno`
 */
export const mknodat: Bindings['mknodat'] = native.mknodat

/**
 * {@link mknodat} as somebody else; see {@link openatAs}. A uid other than 0 makes devices only with `keepCapabilities`.
 * @returns 0, or `-errno`
 */
export const mknodatAs: Bindings['mknodatAs'] = native.mknodatAs

/**
 * symlinkat(2): a symbolic link at `path` that says `target`.
 * @returns 0, or `-errno`
 */
export const symlinkat: Bindings['symlinkat'] = native.symlinkat

/**
 * {@link symlinkat} as somebody else; see {@link openatAs}.
 * @returns 0, or `-errno`
 */
export const symlinkatAs: Bindings['symlinkatAs'] = native.symlinkatAs

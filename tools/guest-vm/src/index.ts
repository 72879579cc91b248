/**
 * Boots stock Debian kernels in QEMU, in software emulation, and runs scripts in them with virtio-fs mounted.
 *
 * {@link bootGuest} runs one script; a {@link Guest} lives longer, reboots, moves to another QEMU and can be killed. Kernels, and QEMU and
 * busybox where the machine has none, are fetched with apt into the user's cache directory and never installed.
 * {@link guestUnavailable} tells a test whether to skip, and why.
 *
 * @packageDocumentation
 */
export type { KernelVersion } from './assets/kernel.js'
export type { QemuChoice } from './assets/qemu.js'
export type { BootOptions, BootResult } from './boot-guest.js'
export { bootGuest } from './boot-guest.js'
export type { ScriptResult } from './guest.js'
export { Guest } from './guest.js'
export { GuestError } from './guest-error.js'
export type { MigrationOptions, MigrationResult } from './migration.js'
export type { GuestMount, GuestOptions } from './options.js'
export type { GuestParts } from './prefetch.js'
export { guestUnavailable, prefetch } from './prefetch.js'

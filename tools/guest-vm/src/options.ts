import type { KernelVersion } from './assets/kernel.js'
import type { QemuChoice } from './assets/qemu.js'

/** A virtio-fs device of the guest. */
export interface GuestMount {
  /** The tag by which the guest mounts it: 1 to 36 bytes, letters, digits, `.`, `_` and `-`. */
  readonly tag: string
  /** Path of the Unix socket on which the vhost-user back end listens. */
  readonly socket: string
  /** Where the guest mounts it before the first script; `/mnt/<tag>` by default, `false` to leave that to the scripts. */
  readonly at?: string | false
  /** Mount options, comma-separated. */
  readonly options?: string
  /** Number of request queues, 1 by default. */
  readonly requestQueues?: number
  /** Descriptors in each queue: a power of two, QEMU's default is 128. */
  readonly queueSize?: number
}

/** How a guest is made. */
export interface GuestOptions {
  readonly mounts?: readonly GuestMount[]
  /** Kernel series, `6.1` by default. */
  readonly kernel?: KernelVersion
  readonly qemu?: QemuChoice
  /** Memory in MiB, 512 by default. The back ends map all of it. */
  readonly memoryMiB?: number
  /** 1 by default. */
  readonly cpus?: number
  /** Kernel modules to insert, beside virtio-pci, virtio-console, fuse and virtiofs. */
  readonly modules?: readonly string[]
  /** Programs of this machine to put into the guest, with their libraries. */
  readonly programs?: readonly string[]
  /** Files to put into the guest, content by path; executable below a `bin` or `sbin` folder. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>
  /** Further arguments of QEMU: devices, a monitor. */
  readonly qemuArgs?: readonly string[]
  /** Further words of the kernel command line. */
  readonly kernelArgs?: readonly string[]
  /** How long the guest may take to boot, in milliseconds; 60 000 by default. */
  readonly bootTimeoutMs?: number
}

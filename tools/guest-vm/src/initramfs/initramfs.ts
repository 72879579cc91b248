import { readFile, writeFile } from 'node:fs/promises'
import type { Kernel } from '../assets/kernel.js'
import { encodeCpio } from './cpio.js'
import { addHostPrograms } from './host-programs.js'
import { initScript } from './init-script.js'
import { loadModules } from './modules.js'
import { Tree } from './tree.js'

/** What a guest finds in its root, which is in its memory. */
export interface InitramfsOptions {
  readonly kernel: Kernel
  readonly busybox: string
  /** Kernel modules beside those that virtio-fs needs. */
  readonly modules: readonly string[]
  /** Programs of this machine. */
  readonly programs: readonly string[]
  /** Files by their path in the guest. Those below a `bin` or `sbin` folder are made executable. */
  readonly files: Readonly<Record<string, Uint8Array | string>>
}

const MODULES = ['virtio_pci', 'virtio_console', 'fuse', 'virtiofs']

/**
 * The machine's own shell: busybox's runs its own programs before those in PATH, and those copied in must win.
 */
const SHELL = '/bin/sh'

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/sh
user:x:1000:1000:user:/tmp:/bin/sh
other:x:1001:1001:other:/tmp:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
`

const GROUP = `root:x:0:
daemon:x:1:
user:x:1000:
other:x:1001:
nogroup:x:65534:
`

/** Writes an initramfs, uncompressed: the kernel unpacks it faster, and nothing has to be compressed first. */
export async function writeInitramfs(path: string, options: InitramfsOptions): Promise<void> {
  const tree = new Tree()
  tree.file('/init', initScript, 0o755)
  tree.file('/bin/busybox', await readFile(options.busybox), 0o755)
  tree.file('/etc/passwd', PASSWD)
  tree.file('/etc/group', GROUP)
  tree.directory('/root', 0o700)
  tree.directory('/mnt')
  const modules = await loadModules(options.kernel, options.busybox, [...MODULES, ...options.modules])
  for (const module of modules) tree.file(`/lib/modules/${module.name}.ko`, module.data)
  tree.file('/lib/modules/order', modules.map((module) => `${module.name}\n`).join(''))
  await addHostPrograms(tree, [SHELL, ...options.programs])
  for (const [name, data] of Object.entries(options.files)) {
    tree.file(name, data, /\/s?bin\//.test(name) ? 0o755 : 0o644)
  }
  await writeFile(path, encodeCpio(tree.entries()))
}

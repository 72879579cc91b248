import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Kernel } from '../assets/kernel.js'
import { GuestError } from '../guest-error.js'

/** A kernel module, ready to be inserted. */
export interface KernelModule {
  readonly name: string
  readonly data: Uint8Array
}

/** The largest module after decompression. */
const MAX_MODULE = 64 * 1024 * 1024

/**
 * Reads kernel modules and everything that they depend on, in the order in which they must be inserted. What is
 * built into the kernel is left out.
 *
 * @param busybox - decompresses modules, which Debian ships as `.ko.xz` since release 13.
 * @throws GuestError for a module that the kernel has neither as a file nor built in.
 */
export async function loadModules(
  kernel: Kernel,
  busybox: string,
  names: readonly string[],
): Promise<KernelModule[]> {
  const files = await moduleFiles(kernel)
  const builtIn = await builtInModules(kernel)
  const loaded = new Map<string, KernelModule>()
  const load = async (name: string): Promise<void> => {
    if (loaded.has(name) || builtIn.has(name)) return
    const file = files.get(name)
    if (file === undefined) throw new GuestError(`kernel ${kernel.release} has no module ${name}`)
    const data = file.endsWith('.xz')
      ? execFileSync(busybox, ['xzcat', file], { maxBuffer: MAX_MODULE })
      : await readFile(file)
    for (const dependency of dependencies(data)) await load(dependency)
    loaded.set(name, { name, data })
  }
  for (const name of names) await load(moduleName(name))
  return [...loaded.values()]
}

async function moduleFiles(kernel: Kernel): Promise<Map<string, string>> {
  const paths = await readdir(join(kernel.modules, 'kernel'), { recursive: true })
  const modules = paths.filter((path) => /\.ko(\.xz)?$/.test(path))
  return new Map(modules.map((path) => [moduleName(path), join(kernel.modules, 'kernel', path)]))
}

async function builtInModules(kernel: Kernel): Promise<Set<string>> {
  const list = await readFile(join(kernel.modules, 'modules.builtin'), 'utf8')
  return new Set(list.trim().split('\n').map(moduleName))
}

/** File names use `-` and `_` as they like; module names use `_`. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_')
}

/** The `depends=` entry of the `.modinfo` section: NUL-separated text that appears nowhere else in this form. */
function dependencies(module: Uint8Array): string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength)
  const key = '\0depends='
  const start = bytes.indexOf(key)
  if (start < 0) return []
  const end = bytes.indexOf(0, start + key.length)
  const list = bytes.toString('latin1', start + key.length, end)
  return list === '' ? [] : list.split(',').map(moduleName)
}

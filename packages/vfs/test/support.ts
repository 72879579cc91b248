import { FuseClient } from '@fb/api/testing'
import { expect } from 'vitest'
import { type MountOptions, Vfs } from '../src/index.js'
import type { MemoryFs, Tree } from './memory-fs.js'
import { MovableFs } from './movable-fs.js'

/** A tree, the client that uses it, and its back ends by path. */
export interface Setup {
  readonly vfs: Vfs
  readonly client: FuseClient
  readonly backends: ReadonlyMap<string, MemoryFs>
}

/** Mounts trees at paths, in that order, and connects a client. */
export async function connect(
  mounts: Readonly<Record<string, Tree>>,
  settings: { readonly later?: boolean; readonly options?: MountOptions; readonly vfs?: Vfs } = {},
): Promise<Setup> {
  const vfs = settings.vfs ?? new Vfs()
  const backends = new Map<string, MemoryFs>()
  for (const [path, tree] of Object.entries(mounts)) {
    const fs = new MovableFs(tree)
    fs.later = settings.later ?? false
    backends.set(path, fs)
    await vfs.mount(fs, path, settings.options)
  }
  return { vfs, client: await FuseClient.connect(vfs), backends }
}

/** The back end that was mounted at a path. */
export function backend({ backends }: Setup, path: string): MemoryFs {
  const fs = backends.get(path)
  if (fs === undefined) throw new Error(`nothing was mounted at ${path}`)
  return fs
}

/** Ends a connection and proves that every back end got back what it gave, and ended once. */
export async function close(setup: Setup, ...others: MemoryFs[]): Promise<void> {
  await setup.client.close()
  for (const fs of [...setup.backends.values(), ...others]) expectClean(fs)
}

/** Nothing is held or open, nothing was done that must not be, and `destroy` was called as often as `init`. */
export function expectClean(fs: MemoryFs): void {
  expect({
    held: fs.held,
    open: [...fs.openFiles],
    violations: fs.violations,
    destroys: fs.destroys,
  }).toEqual({
    held: 0,
    open: [],
    violations: [],
    destroys: fs.inits,
  })
}

/** What the client was told to forget, short: `INVAL_ENTRY 1 name`. */
export function told(client: FuseClient): string[] {
  return client.notifications.map(({ name, fields, fileName }) => {
    const node = fields['parent'] ?? fields['ino'] ?? ''
    return [name, String(node), fileName === undefined ? '' : Buffer.from(fileName).toString('latin1')]
      .join(' ')
      .trim()
  })
}

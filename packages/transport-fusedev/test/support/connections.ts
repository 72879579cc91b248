import { access, mkdtemp, readdir, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sh } from './run.js'

const USUAL = '/sys/fs/fuse/connections'

/** Runs `action` with the directory of the fusectl file system, mounted for the time where it is not. */
export async function withConnections<T>(action: (directory: string) => Promise<T>): Promise<T> {
  if (await isMounted()) return action(USUAL)
  const directory = await mkdtemp(join(tmpdir(), 'fusectl-'))
  await sh('mount -t fusectl none "$1"', directory)
  try {
    return await action(directory)
  } finally {
    await sh('umount "$1"', directory)
    await rmdir(directory)
  }
}

/** Aborts a connection as an administrator would. */
export async function abortConnection(connection: number): Promise<void> {
  await withConnections((directory) => writeFile(join(directory, String(connection), 'abort'), '1'))
}

/** The numbers of the connections that this kernel has. */
export async function connections(): Promise<number[]> {
  return withConnections(async (directory) => (await readdir(directory)).map(Number))
}

async function isMounted(): Promise<boolean> {
  return (await sh('grep -c " fusectl " /proc/mounts || true')).trim() !== '0' && (await exists())
}

async function exists(): Promise<boolean> {
  return access(USUAL).then(
    () => true,
    () => false,
  )
}

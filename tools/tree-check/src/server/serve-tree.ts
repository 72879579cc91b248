import { PassthroughFs } from '@fb/passthrough'
import { memory, openFds } from '@fb/testbed'
import { mount } from '@fb/transport-fusedev'
import { serveVirtiofs } from '@fb/transport-virtiofs'
import { ClientState, Vfs } from '@fb/vfs'
import type { MountSpec, Question, Serving, Usage } from './protocol.js'

/**
 * Descriptors that each back end may keep for inodes: there are thousands of back ends in one process, whose share of
 * RLIMIT_NOFILE would otherwise be that of one alone.
 */
const FDS_OF_EACH = 8

/** A tree of directories that is changed from outside. */
class ServedTree {
  readonly vfs: Vfs
  readonly #client = new ClientState()
  #backends = 0

  constructor(submounts: boolean) {
    this.vfs = new Vfs({ submounts, client: this.#client })
  }

  async mount(mounts: readonly MountSpec[]): Promise<void> {
    for (const { path, source, options = {}, xattr = true } of mounts) {
      const fs = new PassthroughFs({ source, xattr, maxCachedFds: FDS_OF_EACH, maxHeldFds: FDS_OF_EACH })
      this.#backends += 1
      const end = (): void => {
        fs.close()
        this.#backends -= 1
      }
      try {
        const { gone } = await this.vfs.mount(fs, path, options)
        gone.then(end, end)
      } catch (error) {
        end()
        throw error
      }
    }
    await this.vfs.settled()
  }

  async umount(path: string, lazy: boolean): Promise<void> {
    await this.vfs.umount(path, { lazy })
    await this.vfs.settled()
  }

  usage(): Usage {
    collectGarbage()
    const list = this.vfs.list()
    const { nodes, handles } = this.#client
    const { heapUsed, heapTotal } = process.memoryUsage()
    return {
      fds: openFds(),
      anonymous: memory().anonymous,
      heap: heapUsed,
      heapSpace: heapTotal,
      mounts: list.filter(({ state }) => state === 'mounted' || state === 'covered').length,
      leaving: list.filter(({ state }) => state === 'draining' || state === 'removed').length,
      lookups: nodes.entries().reduce((sum, { lookups }) => sum + lookups, 0),
      handles: handles.entries().reduce((sum, { count }) => sum + count, 0),
      backends: this.#backends,
    }
  }
}

/** Serves a tree until the process that started this one lets go of it, or has ended. */
export async function serveTree(): Promise<void> {
  const serving = JSON.parse(process.argv[2] ?? '') as Serving
  const tree = new ServedTree(serving.transport === 'virtiofs' && serving.submounts)
  const end = await serve(tree, serving)
  process.on('message', ({ id, question }: { id: number; question: Question }) => {
    answer(tree, question).then(
      (result) => tell({ id, result }),
      (error: Error) => tell({ id, error: error.message }),
    )
  })
  process.once('disconnect', () => void end())
  process.send?.('serving')
}

async function serve(tree: ServedTree, serving: Serving): Promise<() => Promise<void>> {
  if (serving.transport === 'virtiofs') {
    const { socketPath } = serving
    const server = serveVirtiofs({
      socketPath,
      tag: 'tree',
      numRequestQueues: 2,
      createFileSystem: () => tree.vfs,
    })
    return () => server.close()
  }
  const options = { allowOther: true, defaultPermissions: true, suid: true, dev: true, fsname: 'tree' }
  const mounted = await mount(tree.vfs, serving.mountpoint, options)
  return () => mounted.unmount({ lazy: true })
}

async function answer(tree: ServedTree, question: Question): Promise<Usage | null> {
  switch (question.ask) {
    case 'mount':
      await tree.mount(question.mounts)
      return null
    case 'umount':
      await tree.umount(question.path, question.lazy === true)
      return null
    case 'usage':
      return tree.usage()
  }
}

/** Answers whoever started this, as long as it is there. */
function tell(answer: object): void {
  if (process.connected) process.send?.(answer)
}

/** Needs `--expose-gc`. */
function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('start this with --expose-gc')
  gc()
  gc()
}

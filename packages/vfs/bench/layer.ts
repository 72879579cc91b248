import {
  type Context,
  type Entry,
  Errno,
  type FileSystem,
  makeAttr,
  nameToBytes,
  type OpenReply,
  type Outcome,
  type ReadSink,
} from '@fb/api'
import { type MountOptions, SHARE, Vfs } from '../src/index.js'

/*
 * Prints what the layer costs: nanoseconds per call of a back end that does next to nothing, alone and in a tree. Run with
 * `pnpm run bench`. Batches of all cases take turns, and of each the fastest counts: whatever else the machine does only
 * makes one slower.
 */

const BATCH = 20_000
const WARM_UP = 20
const ROUNDS = 100
const MOUNTS = 10_000

const name = nameToBytes('some-file.txt')
const missing = nameToBytes('missing')
const sink: ReadSink = {
  size: 4096,
  flags: 0,
  lockOwner: 0n,
  fromFd: () => 4096,
  fromFdAsync: async () => 4096,
  buffer: () => new Uint8Array(4096),
}
const ctx: Context = {
  uid: 0,
  gid: 0,
  pid: 1,
  umask: 0,
  groups: [],
  securityContexts: [],
  unique: 2n,
  signal: new AbortController().signal,
}

/** A back end that answers from one object, as a fast one does. */
class Backend implements FileSystem {
  readonly #entry: Entry = {
    nodeid: 2,
    generation: 0,
    attr: makeAttr({ mode: 0o100644, ino: 2 }),
    attrTimeout: 1,
    entryTimeout: 1,
  }
  readonly #open: OpenReply = { fh: 0, openFlags: 0 }
  forgotten = 0
  released = 0

  lookup(parent: number, wanted: Uint8Array): Entry | Errno {
    if (wanted.length === missing.length) return Errno.ENOENT
    this.#entry.nodeid = parent + 1
    return this.#entry
  }

  forget(_node: number, nlookup: number): void {
    this.forgotten += nlookup
  }

  getattr(): Entry {
    return this.#entry
  }

  open(): OpenReply {
    this.#open.fh = (this.#open.fh + 1) % 1000
    return this.#open
  }

  release(): void {
    this.released += 1
  }

  read(_node: number, fh: number): number {
    return fh
  }
}

interface Subject {
  readonly title: string
  readonly fs: FileSystem
  /** Directory in which is looked up. */
  readonly directory: number
}

async function tree(
  title: string,
  path: string,
  others: number,
  options: MountOptions = {},
): Promise<Subject> {
  const vfs = new Vfs()
  for (let at = 0; at < others; at += 1) await vfs.mount(new Backend(), `/mounts/${at}`)
  const { index } = await vfs.mount(new Backend(), path, options)
  const root = path === '/' ? 1 : index * SHARE + 1
  await vfs.lookup(1, name, ctx)
  return { title, fs: vfs, directory: root }
}

const use = (outcome: Outcome<unknown>): void => {
  if (outcome === undefined) throw new Error('no answer')
}

const release = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }

const CALLS: Record<string, (fs: FileSystem, directory: number) => void> = {
  'missing name': (fs, directory) => use(fs.lookup?.(directory, missing, ctx)),
  'lookup + forget': (fs, directory) => {
    use(fs.lookup?.(directory, name, ctx))
    fs.forget?.(directory + 1, 1)
  },
  'open + release': (fs, directory) => {
    const opened = fs.open?.(directory + 1, 0, false, ctx) as OpenReply
    fs.release?.(directory + 1, opened.fh, release, ctx)
  },
  getattr: (fs, directory) => use(fs.getattr?.(directory + 1, undefined, ctx)),
  read: (fs, directory) => use(fs.read?.(directory + 1, 7, 0, sink, ctx)),
}

/** Nanoseconds of one call in a batch. */
function measure(call: (fs: FileSystem, directory: number) => void, { fs, directory }: Subject): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < BATCH; i += 1) call(fs, directory)
  return Number(process.hrtime.bigint() - start) / BATCH
}

const subjects: Subject[] = [
  { title: 'alone', fs: new Backend(), directory: 1 },
  await tree('at /', '/', 0),
  await tree(`at /, with ${MOUNTS} mounts below`, '/', MOUNTS),
  await tree(`one of ${MOUNTS} mounts`, '/mounts/mine', MOUNTS),
  await tree('one of 2 mounts, with a budget of nodes', '/mounts/mine', 1, { nodes: 1000 }),
  await tree('one of 2 mounts, read-only', '/mounts/mine', 1, { readOnly: true }),
  await tree('one of 2 mounts, ids mapped', '/mounts/mine', 1, {
    idMap: { uid: [{ client: 0, host: 0, count: 9 }], gid: [{ client: 0, host: 0, count: 9 }] },
  }),
]

const best = subjects.map(() => Object.keys(CALLS).map(() => Number.POSITIVE_INFINITY))
for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
  for (const [row, subject] of subjects.entries()) {
    for (const [column, call] of Object.values(CALLS).entries()) {
      const cells = best[row] as number[]
      const nanoseconds = measure(call, subject)
      if (round >= WARM_UP) cells[column] = Math.min(cells[column] as number, nanoseconds)
    }
  }
}

const title = 'nanoseconds per call'.padEnd(44)
console.log(
  title +
    Object.keys(CALLS)
      .map((call) => call.padStart(17))
      .join(''),
)
for (const [row, subject] of subjects.entries()) {
  const cells = (best[row] as number[]).map((nanoseconds) => nanoseconds.toFixed(1).padStart(17))
  console.log(subject.title.padEnd(44) + cells.join(''))
}

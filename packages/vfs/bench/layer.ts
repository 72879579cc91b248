import {
  type Context,
  type Entry,
  type FileSystem,
  makeAttr,
  nameToBytes,
  type Outcome,
  type ReadSink,
} from '@fb/api'
import { type MountOptions, SHARE, Vfs } from '../src/index.js'

/*
 * Prints what the layer costs: nanoseconds per call of a back end that does next to nothing, alone and in a tree. Run with
 * `pnpm run bench`. Every case goes through the same code with a cold start of its own; the lower of three runs counts.
 */

const ROUNDS = 3_000_000
const RUNS = 3
const MOUNTS = 10_000

const name = nameToBytes('some-file.txt')
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
  forgotten = 0

  lookup(parent: number): Entry {
    this.#entry.nodeid = parent + 1
    return this.#entry
  }

  forget(_node: number, nlookup: number): void {
    this.forgotten += nlookup
  }

  getattr(): Entry {
    return this.#entry
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

const CALLS: Record<string, (fs: FileSystem, directory: number) => void> = {
  'lookup + forget': (fs, directory) => {
    use(fs.lookup?.(directory, name, ctx))
    fs.forget?.(directory + 1, 1)
  },
  getattr: (fs, directory) => use(fs.getattr?.(directory + 1, undefined, ctx)),
  read: (fs, directory) => use(fs.read?.(directory + 1, 7, 0, sink, ctx)),
}

function measure(call: (fs: FileSystem, directory: number) => void, { fs, directory }: Subject): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run += 1) {
    for (let i = 0; i < ROUNDS / 10; i += 1) call(fs, directory)
    const start = process.hrtime.bigint()
    for (let i = 0; i < ROUNDS; i += 1) call(fs, directory)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / ROUNDS)
  }
  return best
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

console.log(
  `${'nanoseconds per call'.padEnd(44)}${Object.keys(CALLS)
    .map((call) => call.padStart(17))
    .join('')}`,
)
for (const subject of subjects) {
  const cells = Object.values(CALLS).map((call) => measure(call, subject).toFixed(1).padStart(17))
  console.log(subject.title.padEnd(44) + cells.join(''))
}

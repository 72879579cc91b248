import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  FuseAttrOut,
  FuseForgetIn,
  FuseLkIn,
  FuseOpenIn,
  FuseOpenOut,
  FuseReadIn,
  FuseWriteIn,
  Opcode,
} from '@fb/abi'
import { type FileSystem, makeAttr, StateError } from '@fb/api'
import { RequestBody, SeededRandom } from '@fb/api/testing'
import { PassthroughFs, type PassthroughOptions } from '@fb/passthrough'
import { write as pour } from '@fb/sys'
import { Request } from '@fb/vhost-user'
import { StatePipe, TestFrontEnd } from '@fb/vhost-user/testing'
import { describe, expect, test } from 'vitest'
import type { RingClient } from '../src/testing/index.js'
import { cleanup, decode, directory, lookup, openDescriptors, type Served, serve } from './support.js'

const O_RDWR = 2
const EBADF = -9
const ESTALE = -116
const [F_WRLCK, F_UNLCK] = [1, 2]
const SCRIPT = new URL('./workers/passthrough.mjs', import.meta.url)
/** Spoilt states that are tried; FB_FUZZ_ROUNDS multiplies them, FB_FUZZ_SEED repeats a run. */
const SPOILT = 4 * Number(process.env['FB_FUZZ_ROUNDS'] ?? 25)
const SEED = Number(process.env['FB_FUZZ_SEED'] ?? 1)

interface Side {
  readonly fs: PassthroughFs
  readonly served: Served
}

/** A device that serves a directory, with so many threads. */
function side(source: string, threads = 0, options: Partial<PassthroughOptions> = {}): Side {
  const fs = new PassthroughFs({ source, blocking: true, ...options })
  cleanup(() => fs.close())
  const workers = { count: threads, script: SCRIPT, workerData: () => fs.share() }
  const device = { createFileSystem: () => fs, numRequestQueues: 3, migratable: true }
  return { fs, served: serve(threads === 0 ? device : { ...device, workers }) }
}

async function open(client: RingClient, node: number): Promise<number> {
  const body = new RequestBody().struct(FuseOpenIn, { flags: O_RDWR })
  const reply = await client.call(Opcode.OPEN, node, body)
  expect(reply.error).toBe(0)
  return decode(FuseOpenOut, reply.body).fh
}

function write(client: RingClient, node: number, fh: number, text: string, offset = 0) {
  const payload = new TextEncoder().encode(text)
  const body = new RequestBody().struct(FuseWriteIn, { fh, offset, size: payload.length }).bytes(payload)
  return client.call(Opcode.WRITE, node, body, { queue: 2 })
}

async function read(client: RingClient, node: number, fh: number): Promise<string> {
  const body = new RequestBody().struct(FuseReadIn, { fh, offset: 0, size: 4096 })
  const reply = await client.call(Opcode.READ, node, body, { queue: 3 })
  expect(reply.error).toBe(0)
  return new TextDecoder().decode(reply.body)
}

/** Posts a request for a lock of the whole file: where its reply will be. */
function postLock(
  client: RingClient,
  node: number,
  fh: number,
  owner: bigint,
  opcode: number,
  type: number,
): number {
  const [at, to] = [client.memory.allocate(4096), client.memory.allocate(4096)]
  const range = { start: 0n, end: 2n ** 63n - 1n, type, pid: Number(owner) }
  const body = new RequestBody().struct(FuseLkIn, { fh, lk: range }).patch64(8, owner)
  client.post(client.encode(opcode, node, body), [{ address: to, length: 4096 }], { at })
  return to
}

async function lock(
  client: RingClient,
  node: number,
  fh: number,
  owner: bigint,
  type: number,
): Promise<number> {
  const to = postLock(client, node, fh, owner, Opcode.SETLK, type)
  const { length } = await client.queue(1).take()
  return client.replyAt(to, length).error
}

async function refused(client: RingClient, to: Served, bases: readonly number[]): Promise<void> {
  await expect(client.migrate(to.path, bases)).rejects.toThrow('the transfer of state failed')
}

describe.each([
  [0, 0],
  [0, 2],
  [3, 0],
])('a guest that moves from %d threads to %d', (from, to) => {
  test('goes on with its open files, locks and requests that wait, and back again', async () => {
    const source = directory()
    mkdirSync(join(source, 'dir'))
    for (let i = 0; i < 2000; i += 1) writeFileSync(join(source, 'dir', `f${i}`), `${i}`)
    const options = { migrationMode: 'file-handles' } as const
    const [a, b] = [side(source, from, options), side(source, to, options)]
    const client = await a.served.connect(3)
    const settled = await client.init()
    const dir = await lookup(client, 'dir')
    const nodes: number[] = []
    for (let i = 0; i < 2000; i += 1) nodes.push(await lookup(client, `f${i}`, dir))
    const [file = 0, gone = 0, moved = 0] = nodes
    const [fh, goneFh, movedFh] = [
      await open(client, file),
      await open(client, gone),
      await open(client, moved),
    ]
    unlinkSync(join(source, 'dir', 'f1'))
    renameSync(join(source, 'dir', 'f2'), join(source, 'elsewhere'))
    expect((await write(client, gone, goneFh, 'deleted')).error).toBe(0)
    expect(await lock(client, file, fh, 7n, F_WRLCK)).toBe(0)
    const waiting = postLock(client, file, fh, 8n, Opcode.SETLKW, F_WRLCK)

    const bases = await client.pause()
    await client.migrate(b.served.path, bases)
    await a.served.ended(1)
    expect(a.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0, lockOwners: 0 })
    expect(b.fs.usage()).toMatchObject({ inodes: 2002, openFiles: 3 })
    expect(await read(client, gone, goneFh)).toBe('deleted')
    expect((await write(client, moved, movedFh, 'moved')).error).toBe(0)
    expect(readFileSync(join(source, 'elsewhere'), 'utf8')).toBe('moved')
    expect(await lookup(client, 'f5', dir)).toBe(nodes[5])
    // The lock is held here, and whoever waited for it waits on, until it is let go of.
    const getattr = new RequestBody().bytes(new Uint8Array(16))
    const attr = await client.call(Opcode.GETATTR, file, getattr)
    expect(decode(FuseAttrOut, attr.body).attr.size).toBe(1)
    const unlocked = postLock(client, file, fh, 7n, Opcode.SETLK, F_UNLCK)
    const answers = new Map<number, number>()
    for (let i = 0; i < 2; i += 1) {
      const { length } = await client.queue(1).take()
      for (const place of [waiting, unlocked]) {
        if (!answers.has(place) && client.memory.bytes(place, 4).some((byte) => byte !== 0))
          answers.set(place, client.replyAt(place, length).error)
      }
    }
    expect([...answers.values()]).toEqual([0, 0])
    expect(await lock(client, file, fh, 9n, F_WRLCK)).toBe(-11)

    await client.migrate(a.served.path, await client.pause())
    await b.served.ended(1)
    expect(await lock(client, file, fh, 9n, F_WRLCK)).toBe(-11)
    expect(await lock(client, file, fh, 8n, F_UNLCK)).toBe(0)
    expect(await read(client, gone, goneFh)).toBe('deleted')
    const forget = new RequestBody().struct(FuseForgetIn, { nlookup: 1 })
    expect((await client.call(Opcode.FORGET, nodes[9] ?? 0, forget, { queue: 0, capacity: 0 })).used).toBe(0)
    expect(a.fs.usage().inodes).toBe(2001)
    // Whoever mounts anew begins anew.
    expect(await client.init()).toMatchObject({ flags: settled.flags, flags2: settled.flags2 })
    expect(a.fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
    for (const { served } of [a, b]) expect([served.errors, served.warnings]).toEqual([[], []])
  })

  test('goes on where it is when the other side fails', async () => {
    const source = directory()
    writeFileSync(join(source, 'file'), 'content')
    const [a, b] = [side(source, from), side(directory(), to)]
    const client = await a.served.connect(3)
    await client.init()
    const file = await lookup(client, 'file')
    const fh = await open(client, file)
    expect(await lock(client, file, fh, 7n, F_WRLCK)).toBe(0)
    const waiting = postLock(client, file, fh, 8n, Opcode.SETLKW, F_WRLCK)
    const bases = await client.pause()
    await refused(client, b.served, bases)
    expect(b.served.reasons).toEqual(["node 2, 'file': ENOENT"])
    await client.resume(bases)
    expect(await read(client, file, fh)).toBe('content')
    const [stranger] = [new PassthroughFs({ source, blocking: true })]
    cleanup(() => stranger.close())
    const node = stranger.lookup(1, new TextEncoder().encode('file')) as { nodeid: number }
    const other = (stranger.open(node.nodeid, O_RDWR, false, {} as never) as { fh: number }).fh
    const range = { start: 0n, end: 9n, type: F_WRLCK, pid: 1 }
    const request = { owner: 1n, lock: range, flock: false, wait: false }
    expect(stranger.setlk(node.nodeid, other, request, {} as never)).toMatchObject({ code: 'EAGAIN' })
    // It still has the lock, and whoever waits for it still does.
    const unlocked = postLock(client, file, fh, 7n, Opcode.SETLK, F_UNLCK)
    for (let i = 0; i < 2; i += 1) await client.queue(1).take()
    for (const place of [waiting, unlocked]) expect(client.replyAt(place, 16).error).toBe(0)
    expect(a.served.errors).toEqual([])
    // The other one serves whoever comes.
    await (await b.served.connect()).init()
  })
})

test('a guest stays where it is with an open file that has no name, and loses one whose name has gone meanwhile', async () => {
  const source = directory()
  for (const name of ['file', 'gone']) writeFileSync(join(source, name), name)
  const [a, b] = [side(source), side(source, 0, { migrationOnError: 'guest-error' })]
  const client = await a.served.connect(3)
  await client.init()
  const [file, gone] = [await lookup(client, 'file'), await lookup(client, 'gone')]
  const [fh, goneFh] = [await open(client, file), await open(client, gone)]
  let bases = await client.pause()
  const state = await client.frontEnd.saveState()
  unlinkSync(join(source, 'gone'))
  await refused(client, b.served, bases)
  expect(a.served.reasons).toEqual([
    expect.stringMatching(/^node 3, which is open \(.*\(deleted\)\), has no name any more/),
  ])
  await client.resume(bases)
  expect(await read(client, gone, goneFh)).toBe('gone')

  bases = await client.pause()
  await client.migrate(b.served.path, bases, state)
  expect(b.served.warnings).toEqual(new Array(2).fill('the guest has lost something by the change'))
  expect(await read(client, file, fh)).toBe('file')
  expect((await write(client, gone, goneFh, 'x')).error).toBe(EBADF)
  const getattr = new RequestBody().bytes(new Uint8Array(16))
  expect((await client.call(Opcode.GETATTR, gone, getattr)).error).toBe(ESTALE)
})

test('a file system that cannot give its state away, or take one, says so; where nobody has mounted there is none', async () => {
  const plain = serve({ createFileSystem: () => ({}), migratable: true })
  const able = side(directory())
  const client = await plain.connect()
  // Nothing is lost where the guest has not mounted.
  await client.migrate(able.served.path, await client.pause())
  await client.init()
  const bases = await client.pause()
  await refused(client, plain, bases)
  expect(plain.reasons).toEqual(['the file system cannot go on for another one: it has no restoreState'])
  await client.resume(bases)

  const incapable = serve({ createFileSystem: () => ({}), migratable: true })
  const other = await incapable.connect()
  await other.init()
  const where = await other.pause()
  await expect(other.frontEnd.saveState()).rejects.toThrow('the transfer of state failed')
  expect(incapable.reasons).toEqual(['the file system has no state to be taken along: it has no saveState'])
  await other.resume(where)
  expect((await other.call(Opcode.STATFS, 1)).error).toBe(0)
})

test('the state of any file system goes along, in the pieces that it was given in', async () => {
  const pieces = [1, 70_000, 1024 * 1024, 3].map((size, at) => new Uint8Array(size).fill(at + 1))
  const got: Uint8Array[] = []
  const said: string[] = []
  const make = (name: string): FileSystem => ({
    init: () => void said.push(`${name} init`),
    destroy: () => void said.push(`${name} destroy`),
    getattr: () => ({ attr: makeAttr({ ino: 1, mode: 0o040000, size: name.length }), attrTimeout: 0 }),
    async *saveState() {
      yield* pieces
      said.push(`${name} saved`)
    },
    async restoreState(state) {
      for await (const piece of state) got.push(piece.slice())
      return ['a hat', 'a coat']
    },
    resume: async () => {
      said.push(`${name} resumed`)
      throw new StateError('not all')
    },
  })
  const [a, b] = ['first', 'the second'].map((name) =>
    serve({ createFileSystem: () => make(name), migratable: true }),
  ) as [Served, Served]
  const client = await a.connect()
  await client.init()
  let bases = await client.pause()
  await client.frontEnd.saveState()
  await client.resume(bases)
  expect(a.reasons).toEqual(['not all'])
  bases = await client.pause()
  await client.migrate(b.path, bases)
  await a.ended(1)
  expect(got.length).toBe(4)
  for (const [at, piece] of got.entries()) expect(Buffer.compare(piece, pieces[at] as Uint8Array)).toBe(0)
  expect(b.warnings.length).toBe(2)
  const { body } = await client.call(Opcode.GETATTR, 1, new RequestBody().bytes(new Uint8Array(16)))
  expect(decode(FuseAttrOut, body).attr.size).toBe(10)
  client.close()
  await b.ended(1)
  expect(said).toEqual([
    'first init',
    'first saved',
    'first resumed',
    'first saved',
    'first destroy',
    'the second destroy',
  ])
})

test('a file system that leaves a part of its state is not gone on with', async () => {
  const ends: string[] = []
  const make = (takes: boolean): FileSystem => ({
    destroy: () => void ends.push('destroyed'),
    async *saveState() {
      yield Uint8Array.of(1)
      yield Uint8Array.of(2)
    },
    async restoreState(state) {
      for await (const _ of state) if (!takes) break
      return []
    },
  })
  const [a, b] = [true, false].map((takes) =>
    serve({ createFileSystem: () => make(takes), migratable: true }),
  ) as [Served, Served]
  const client = await a.connect()
  await client.init()
  await refused(client, b, await client.pause())
  expect(b.reasons).toEqual(['the file system has not taken all of its state'])
  expect(ends).toEqual(['destroyed'])
})

describe('a monitor that', () => {
  async function paused(options: Partial<PassthroughOptions> = {}) {
    const source = directory()
    for (let i = 0; i < 100; i += 1) writeFileSync(join(source, `f${i}`), '')
    const { fs, served } = side(source, 0, options)
    const client = await served.connect(3)
    await client.init()
    for (let i = 0; i < 100; i += 1) await lookup(client, `f${i}`)
    const node = await lookup(client, 'f0')
    const other = await lookup(client, 'f1')
    const fh = await open(client, node)
    return { source, fs, served, client, node, other, fh, bases: await client.pause() }
  }
  const transfer = (direction: number) => Uint8Array.of(direction, 0, 0, 0, 0, 0, 0, 0)

  test('does not read what it asked for ends the transfer, and nothing else', async () => {
    const { served, client, node, fh, bases } = await paused()
    using pipe = new StatePipe()
    await client.frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(0), { fds: [pipe.writeEnd] })
    pipe.close(pipe.writeEnd)
    pipe.close(pipe.readEnd)
    expect(await client.frontEnd.requestNumber(Request.CHECK_DEVICE_STATE)).toBe(1n)
    expect(served.reasons).toEqual([expect.stringContaining('EPIPE')])
    await client.resume(bases)
    expect((await write(client, node, fh, 'text')).error).toBe(0)
  })

  test.each([0, 1])(
    'goes while the state is on its way (direction %d) leaves nothing behind',
    async (direction) => {
      const { fs, served, client } = await paused()
      const before = openDescriptors()
      using pipe = new StatePipe()
      const end = direction === 0 ? pipe.writeEnd : pipe.readEnd
      // A pipe that is full, or one that nothing comes through.
      if (direction === 0) while (pour(pipe.writeEnd, new Uint8Array(4096), 0, 4096) > 0) {}
      await client.frontEnd.request(Request.SET_DEVICE_STATE_FD, transfer(direction), { fds: [end] })
      client.close()
      await served.ended(1)
      expect(fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
      expect(openDescriptors()).toBeLessThan(before)
      await (await served.connect()).init()
    },
  )

  test(`gives ${SPOILT} spoilt states gets each refused, or the guest goes on (seed ${SEED})`, async () => {
    const { source, client, bases, node, fh } = await paused()
    const state = await client.frontEnd.saveState()
    const { fs, served } = side(source, 2, { migrationOnError: 'guest-error' })
    const random = new SeededRandom(SEED)
    let taken = 0
    for (let round = 0; round < SPOILT; round += 1) {
      let spoilt: Uint8Array = state.slice()
      for (let change = random.below(3); change >= 0; change -= 1) {
        // What stands at the beginning says what the rest is.
        const at = random.chance(50) ? random.below(600) : random.below(spoilt.length)
        spoilt[at % spoilt.length] = random.uint32()
      }
      if (random.chance(10)) spoilt = spoilt.subarray(0, random.below(spoilt.length))
      if (random.chance(5)) spoilt = Buffer.concat([spoilt, random.bytes(1 + random.below(100))])
      const next = TestFrontEnd.connect(served.path)
      await next.negotiate()
      const accepted = await next.loadState(spoilt).then(
        () => true,
        () => false,
      )
      if (accepted) taken += 1
      else expect(fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
      next.close()
      await served.ended(round + 1)
      expect(fs.usage()).toMatchObject({ inodes: 1, openFiles: 0 })
    }
    console.info(`seed ${SEED}: ${taken} of ${SPOILT} spoilt states were taken`)
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(SPOILT)
    await client.migrate(served.path, bases)
    expect((await write(client, node, fh, 'text')).error).toBe(0)
  })

  test('loads a state where a guest is, has that one end first', async () => {
    const { source, served, client, other, bases } = await paused()
    const state = await client.frontEnd.saveState()
    await client.frontEnd.loadState(state)
    expect(served.errors).toEqual([])
    await client.resume(bases)
    expect(await lookup(client, 'f1')).toBe(other)
    await client.pause()
    await expect(client.frontEnd.loadState(new Uint8Array(0))).rejects.toThrow()
    expect(served.reasons).toEqual(['the state is cut off'])
    expect(readFileSync(join(source, 'f1'), 'utf8')).toBe('')
  })
})

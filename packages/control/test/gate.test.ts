import { Errno, type FileSystem, makeAttr, nameToBytes } from '@fb/api'
import { FuseClient, SeededRandom } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Gate } from '../src/index.js'
import { caller } from './caller.js'

const LONG_MS = 60_000
const attr = makeAttr({ ino: 2, mode: 0o100644 })
const entry = { nodeid: 2, generation: 0, attr, attrTimeout: 0, entryTimeout: 0 }

/** A promise that the test settles. */
function pending<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

/** What has settled by the next turn of the event loop. */
async function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  let settled = false
  void promise?.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

describe('Gate', () => {
  it('lets answers through as they are, at once where they are given at once', async () => {
    const gate = new Gate()
    const fs = gate.guard({
      lookup: () => entry,
      getattr: async () => ({ attr, attrTimeout: 0 }),
      unlink() {
        throw Errno.EROFS
      },
      rmdir: () => Errno.ENOTEMPTY,
    })
    expect(fs.lookup?.(1, nameToBytes('a'), caller())).toBe(entry)
    expect(() => fs.unlink?.(1, nameToBytes('a'), caller())).toThrow(Errno.EROFS)
    expect(fs.rmdir?.(1, nameToBytes('a'), caller())).toBe(Errno.ENOTEMPTY)
    expect(await fs.getattr?.(2, undefined, caller())).toMatchObject({ attr })
    expect(fs.mkdir).toBeUndefined()
    expect([gate.inFlight, gate.held]).toEqual([0, 0])
  })

  it('waits for what is under way, and holds what comes, in its order', async () => {
    const gate = new Gate()
    const done: string[] = []
    const slow = pending<void>()
    const fs = gate.guard({
      fsync: () => slow.promise,
      unlink: (_parent, name) => void done.push(Buffer.from(name).toString()),
      forget: (node) => void done.push(`forget ${node}`),
    })
    const fsync = fs.fsync?.(1, 1, false, caller()) as Promise<void>
    expect(gate.inFlight).toBe(1)
    const closed = gate.close(LONG_MS)
    const first = fs.unlink?.(1, nameToBytes('first'), caller()) as Promise<void>
    fs.forget?.(7, 1)
    const last = fs.unlink?.(1, nameToBytes('last'), caller()) as Promise<void>
    expect(await isSettled(closed)).toBe(false)
    slow.resolve()
    await fsync
    expect(await closed).toBe(true)
    expect([gate.inFlight, gate.held, done]).toEqual([0, 3, []])
    expect(await isSettled(first)).toBe(false)
    expect(gate.open()).toBe(3)
    await Promise.all([first, last])
    expect(done).toEqual(['first', 'forget 7', 'last'])
    expect(gate.open()).toBeUndefined()
  })

  it('gives everybody the answer that is his, though the file system uses its records again', async () => {
    const gate = new Gate()
    const shared = { ...entry, attr: makeAttr({ ino: 2, mode: 0o100644 }) }
    const bytes = new Uint8Array(1)
    const fs: FileSystem = {
      lookup(_parent, name) {
        shared.nodeid = name[0] ?? 0
        shared.attr.ino = shared.nodeid
        return shared
      },
      readlink: (node) => bytes.fill(node),
    }
    const client = await FuseClient.connect(gate.guard(fs))
    await gate.close(0)
    const found = ['a', 'b', 'c'].map((name) => client.lookup(1, name))
    const read = [5, 6, 7].map((node) => client.readlink(node))
    gate.open()
    const ids = (await Promise.all(found)).map(({ nodeid, attr }) => [nodeid, attr.ino])
    expect(ids).toEqual([
      [97, 97],
      [98, 98],
      [99, 99],
    ])
    expect((await Promise.all(read)).map(([byte]) => byte)).toEqual([5, 6, 7])
    await client.close()
  })

  it('opens again where something does not end in time, and tells each who closed it', async () => {
    const gate = new Gate()
    const slow = pending<void>()
    const fs = gate.guard({ fsync: () => slow.promise, lookup: () => entry })
    const fsync = fs.fsync?.(1, 1, false, caller()) as Promise<void>
    const [short, long] = [gate.close(5), gate.close(LONG_MS)]
    const held = fs.lookup?.(1, nameToBytes('a'), caller()) as Promise<unknown>
    expect(await short).toBe(false)
    expect(await long).toBe(false)
    expect(gate.isClosed).toBe(false)
    expect(await held).toEqual(entry)
    slow.resolve()
    await fsync
    expect(await gate.close(LONG_MS)).toBe(true)
  })

  it('is not closed for whom it was opened meanwhile', async () => {
    const gate = new Gate()
    const slow = pending<void>()
    const fs = gate.guard({ fsync: () => slow.promise })
    const fsync = fs.fsync?.(1, 1, false, caller()) as Promise<void>
    const closed = gate.close(LONG_MS)
    expect(gate.open()).toBe(0)
    slow.resolve()
    await fsync
    expect(await closed).toBe(false)
  })

  it('answers EINTR to whoever is interrupted, and does not do it later', async () => {
    const gate = new Gate()
    const done: string[] = []
    const fs: FileSystem = {
      mkdir: (_parent, name) => {
        done.push(Buffer.from(name).toString())
        return entry
      },
      release: () => void done.push('release'),
    }
    const guarded = gate.guard(fs)
    await gate.close(0)
    const [one, other] = [new AbortController(), new AbortController()]
    const given = guarded.mkdir?.(1, nameToBytes('given up'), 0o755, caller({ signal: one.signal }))
    const kept = guarded.mkdir?.(1, nameToBytes('kept'), 0o755, caller())
    const options = { flags: 0, lockOwner: 0n, flush: false, flockUnlock: false }
    const release = guarded.release?.(1, 1, options, caller({ signal: other.signal }))
    one.abort()
    other.abort()
    expect(await given).toBe(Errno.EINTR)
    expect([gate.held, gate.open()]).toEqual([2, 2])
    expect(await kept).toEqual(entry)
    await release
    expect(done).toEqual(['kept', 'release'])
  })

  it('does not wait for a lock that another holds, but answers it only when it is open', async () => {
    const gate = new Gate()
    const granted = pending<void>()
    const fs = gate.guard({ setlk: () => granted.promise })
    const lock = { start: 0n, end: 1n, type: 1, pid: 1 }
    const asked = { owner: 1n, lock, wait: true, flock: false }
    const setlk = fs.setlk?.(1, 1, asked, caller()) as Promise<void>
    expect(gate.inFlight).toBe(1)
    expect(await gate.close(LONG_MS)).toBe(true)
    granted.resolve()
    expect(await isSettled(setlk)).toBe(false)
    gate.open()
    await setlk
    expect(gate.inFlight).toBe(0)
  })

  it('lets go of what waits when the connection ends, and stays closed for the next one', async () => {
    const gate = new Gate()
    let lookups = 0
    let destroys = 0
    const fs = gate.guard({
      lookup: () => {
        lookups += 1
        return entry
      },
      destroy() {
        destroys += 1
      },
    })
    const first = await FuseClient.connect(fs)
    await gate.close(0)
    const asked = first.lookup(1, 'a').catch((error: unknown) => error)
    expect(await isSettled(asked)).toBe(false)
    await first.destroy()
    expect(await asked).toMatchObject({ code: 'ECONNABORTED' })
    expect([gate.held, lookups, destroys]).toEqual([0, 0, 1])

    const second = await FuseClient.connect(fs)
    const waits = second.lookup(1, 'a')
    expect(await isSettled(waits)).toBe(false)
    expect(gate.open()).toBe(1)
    expect((await waits).nodeid).toBe(2)
    await second.close()
  })

  it('loses nothing and answers nothing twice, however it opens and closes', async () => {
    const seed = Number(process.env['FB_FUZZ_SEED'] ?? 20)
    const random = new SeededRandom(seed)
    const gate = new Gate()
    const begun = new Map<number, number>()
    const fs = gate.guard({
      // The size stands for the number of the request.
      read: (node, _fh, offset) => {
        begun.set(offset, (begun.get(offset) ?? 0) + 1)
        const bytes = new Uint8Array([node])
        return offset % 3 === 0
          ? bytes
          : new Promise((resolve) => {
              if (offset % 3 === 1) setImmediate(resolve, bytes)
              else setTimeout(resolve, 2, bytes)
            })
      },
    })
    const client = await FuseClient.connect(fs)
    const answers: Promise<Uint8Array>[] = []
    for (let at = 0; at < 3000; at += 1) {
      answers.push(client.read(2, 1, at, 1))
      const choice = random.below(40)
      if (choice === 0) void gate.close(random.below(3))
      else if (choice === 1) gate.open()
      else if (choice === 2) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    gate.open()
    const all = await Promise.all(answers)
    expect(
      all.every((bytes) => bytes.length === 1 && bytes[0] === 2),
      `seed ${seed}`,
    ).toBe(true)
    expect(
      [...begun.values()].every((times) => times === 1),
      `seed ${seed}`,
    ).toBe(true)
    expect([begun.size, gate.inFlight, gate.held]).toEqual([3000, 0, 0])
    await client.close()
  })
})

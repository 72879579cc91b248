import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { LockRequest } from '@fb/api'
import { describe, expect, it } from 'vitest'
import { caller, ROOT_CALLER } from './support/context.js'
import { code, codeLater, ok } from './support/outcome.js'
import { SETTINGS, type Tree, useTree } from './support/tree.js'

/** Where `@fb/sys` can be found by another process. */
const PACKAGE = new URL('..', import.meta.url)
const O_RDONLY = 0
const O_RDWR = 2
const F_RDLCK = 0
const F_WRLCK = 1
const F_UNLCK = 2
const TO_THE_END = 2n ** 63n - 1n

interface Wanted {
  owner?: bigint
  type?: number
  start?: bigint
  end?: bigint
  flock?: boolean
  wait?: boolean
}

function request({
  owner = 1n,
  type = F_WRLCK,
  start = 0n,
  end = TO_THE_END,
  flock = false,
  wait = false,
}: Wanted): LockRequest {
  return { owner, flock, wait, lock: { start, end, type, pid: 0 } }
}

function openTwice(tree: Tree): { node: number; one: number; two: number } {
  writeFileSync(tree.at('file'), '0123456789')
  const node = tree.node('file')
  return {
    node,
    one: ok(tree.fs.open(node, O_RDWR, false, ROOT_CALLER)).fh,
    two: ok(tree.fs.open(node, O_RDWR, false, ROOT_CALLER)).fh,
  }
}

describe.each(SETTINGS)('locks ($name)', ({ base, options }) => {
  const use = useTree(base, options)

  it('drops what was taken through an open file with it, whoever asked', () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    const set = (fh: number, wanted: Wanted) => code(tree.fs.setlk(node, fh, request(wanted), caller()))
    // The owner of a lock of an open file description is the file, which no FLUSH names.
    expect(set(one, { owner: 2n ** 63n + 1n, end: 9n })).toBeUndefined()
    expect(set(one, { owner: 7n, start: 10n, end: 19n })).toBeUndefined()
    expect(set(two, { owner: 8n, start: 20n })).toBeUndefined()
    ok(tree.fs.flush(node, one, 7n))
    expect(set(two, { owner: 9n, start: 10n, end: 19n })).toBeUndefined()
    ok(tree.fs.flush(node, two, 5n))
    expect(tree.fs.usage().lockOwners).toBe(3)
    tree.release(node, one)
    expect(set(two, { owner: 9n, end: 9n })).toBeUndefined()
    expect(tree.fs.usage().lockOwners).toBe(2)
    tree.release(node, two)
    expect(tree.fs.usage().lockOwners).toBe(0)
  })

  it('waits a little for a file whose close is under way', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    for (const flock of [false, true]) {
      const set = (fh: number, owner: bigint) => tree.fs.setlk(node, fh, request({ owner, flock }), caller())
      expect(code(set(one, 1n))).toBeUndefined()
      expect(code(set(two, 2n))).toBe('EAGAIN')
      ok(tree.fs.flush(node, one, 5n))
      const waits = set(two, 2n)
      expect(waits).toBeInstanceOf(Promise)
      // One of several descriptors was closed: the file is still open.
      expect(await codeLater(waits)).toBe('EAGAIN')
      expect(code(set(two, 2n))).toBe('EAGAIN')
      ok(tree.fs.flush(node, one, 5n))
      const later = set(two, 2n)
      ok(tree.fs.setlk(node, one, request({ owner: 1n, flock, type: F_UNLCK }), caller()))
      expect(await codeLater(later)).toBeUndefined()
      ok(tree.fs.setlk(node, two, request({ owner: 2n, flock, type: F_UNLCK }), caller()))
    }
  })

  it('keeps POSIX locks of different processes apart, whatever file they use', () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    const set = (fh: number, wanted: Wanted) =>
      code(tree.fs.setlk(node, fh, request(wanted), caller({ pid: Number(wanted.owner ?? 1n) })))
    expect(set(one, { owner: 1n, end: 9n })).toBeUndefined()
    expect(set(two, { owner: 1n, start: 5n, end: 20n })).toBeUndefined()
    expect(set(one, { owner: 2n, end: 9n })).toBe('EAGAIN')
    expect(set(one, { owner: 2n, start: 21n, type: F_RDLCK })).toBeUndefined()
    expect(set(two, { owner: 1n, start: 21n, end: 30n })).toBe('EAGAIN')
    expect(set(two, { owner: 1n, start: 21n, end: 30n, type: F_RDLCK })).toBeUndefined()
    expect(set(one, { owner: 1n, type: F_UNLCK })).toBeUndefined()
    expect(set(one, { owner: 2n, end: 9n })).toBeUndefined()
    expect(tree.fs.usage().lockOwners).toBe(2)
    tree.release(node, one)
    tree.release(node, two)
  })

  it('tells which lock is in the way, and whose', () => {
    const { tree } = use
    const { node, one } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n, start: 5n, end: 9n }), caller({ pid: 111 })))
    const wanted = { start: 0n, end: TO_THE_END, type: F_WRLCK, pid: 222 }
    expect(ok(tree.fs.getlk(node, one, 2n, wanted))).toEqual({ start: 5n, end: 9n, type: F_WRLCK, pid: 111 })
    expect(ok(tree.fs.getlk(node, one, 1n, wanted)).type).toBe(F_UNLCK)
    expect(ok(tree.fs.getlk(node, one, 2n, { ...wanted, end: 4n })).type).toBe(F_UNLCK)
    ok(tree.fs.setlk(node, one, request({ owner: 1n, start: 5n }), caller({ pid: 111 })))
    expect(ok(tree.fs.getlk(node, one, 2n, wanted)).end).toBe(TO_THE_END)
    expect(code(tree.fs.getlk(node, 12345, 2n, wanted))).toBe('EBADF')
  })

  it('drops the locks of a process with its close of any file', () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n }), caller()))
    ok(tree.fs.flush(node, two, 2n))
    expect(code(tree.fs.setlk(node, two, request({ owner: 2n }), caller()))).toBe('EAGAIN')
    ok(tree.fs.flush(node, two, 1n))
    expect(code(tree.fs.setlk(node, two, request({ owner: 2n }), caller()))).toBeUndefined()
    expect(tree.fs.usage().lockOwners).toBe(1)
  })

  it('unlocks what was never locked', () => {
    const { tree } = use
    const { node, one } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ type: F_UNLCK }), caller()))
    ok(tree.fs.setlk(node, one, request({ type: F_UNLCK, flock: true }), caller()))
    expect(tree.fs.usage().lockOwners).toBe(0)
    expect(code(tree.fs.setlk(node, 12345, request({}), caller()))).toBe('EBADF')
  })

  it('forgets the locks of a file with the file', () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n }), caller()))
    tree.release(node, one)
    tree.release(node, two)
    tree.fs.forget(node, 1)
    expect(tree.fs.usage()).toMatchObject({ lockOwners: 0, inodes: 1, openFiles: 0 })
  })

  it('waits for a POSIX lock', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n }), caller()))
    const waiting = tree.fs.setlk(node, two, request({ owner: 2n, wait: true }), caller())
    expect(waiting).toBeInstanceOf(Promise)
    ok(tree.fs.setlk(node, one, request({ owner: 1n, type: F_UNLCK }), caller()))
    expect(await codeLater(waiting)).toBeUndefined()
    expect(code(tree.fs.setlk(node, one, request({ owner: 1n }), caller()))).toBe('EAGAIN')
  })

  it('ends a wait with EINTR when its caller is interrupted', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n }), caller()))
    ok(tree.fs.setlk(node, one, request({ owner: 1n, flock: true }), caller()))
    for (const flock of [false, true]) {
      const controller = new AbortController()
      const waiting = tree.fs.setlk(
        node,
        two,
        request({ owner: 2n, wait: true, flock }),
        caller({ controller }),
      )
      controller.abort()
      expect(await codeLater(waiting)).toBe('EINTR')
      const aborted = new AbortController()
      aborted.abort()
      const late = tree.fs.setlk(
        node,
        two,
        request({ owner: 2n, wait: true, flock }),
        caller({ controller: aborted }),
      )
      expect(await codeLater(late)).toBe('EINTR')
    }
    // What was waited for is free of them.
    ok(tree.fs.setlk(node, one, request({ owner: 1n, type: F_UNLCK }), caller()))
    expect(code(tree.fs.setlk(node, one, request({ owner: 3n }), caller()))).toBeUndefined()
  })

  it('lets the lock of a process go although another thread of it waits', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    ok(tree.fs.setlk(node, one, request({ owner: 1n, end: 9n }), caller()))
    ok(tree.fs.setlk(node, one, request({ owner: 2n, start: 10n, end: 19n }), caller()))
    const controller = new AbortController()
    const waiting = tree.fs.setlk(
      node,
      one,
      request({ owner: 2n, end: 9n, wait: true }),
      caller({ controller }),
    )
    ok(tree.fs.flush(node, two, 2n))
    expect(
      code(tree.fs.setlk(node, one, request({ owner: 3n, start: 10n, end: 19n }), caller())),
    ).toBeUndefined()
    controller.abort()
    expect(await codeLater(waiting)).toBe('EINTR')
  })

  it('has flock locks belong to the open file', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    const set = (fh: number, wanted: Wanted) =>
      tree.fs.setlk(node, fh, request({ ...wanted, flock: true }), caller())
    ok(set(one, { type: F_WRLCK }))
    expect(code(set(two, { type: F_RDLCK }))).toBe('EAGAIN')
    ok(set(one, { type: F_RDLCK }))
    ok(set(two, { type: F_RDLCK }))
    expect(code(set(one, { type: F_WRLCK }))).toBe('EAGAIN')
    // A failed upgrade has let the lock go (flock(2)).
    const waiting = set(one, { type: F_WRLCK, wait: true })
    expect(waiting).toBeInstanceOf(Promise)
    tree.release(node, two)
    expect(await codeLater(waiting)).toBeUndefined()
  })

  it('drops a flock lock with the release of its file, although somebody still uses it', async () => {
    const { tree } = use
    const { node, one, two } = openTwice(tree)
    const three = ok(tree.fs.open(node, O_RDONLY, false, ROOT_CALLER)).fh
    ok(tree.fs.setlk(node, one, request({ type: F_RDLCK, flock: true }), caller()))
    ok(tree.fs.setlk(node, three, request({ type: F_RDLCK, flock: true }), caller()))
    const waiting = tree.fs.setlk(node, one, request({ type: F_WRLCK, flock: true, wait: true }), caller())
    ok(tree.fs.release(node, one, { flags: 0, lockOwner: 1n, flush: true, flockUnlock: true }))
    ok(tree.fs.setlk(node, three, request({ type: F_UNLCK, flock: true }), caller()))
    expect(await codeLater(waiting)).toBeUndefined()
    expect(code(tree.fs.setlk(node, two, request({ type: F_WRLCK, flock: true }), caller()))).toBeUndefined()
  })

  it('holds against other processes of the host', () => {
    const { tree } = use
    const { node, one } = openTwice(tree)
    const tryFlock = () => spawnSync('flock', ['--nonblock', tree.at('file'), 'true']).status
    expect(tryFlock()).toBe(0)
    ok(tree.fs.setlk(node, one, request({ flock: true }), caller()))
    expect(tryFlock()).toBe(1)
    ok(tree.fs.setlk(node, one, request({ flock: true, type: F_UNLCK }), caller()))
    expect(tryFlock()).toBe(0)
    const script = `
      import { openat, ofdSetlk, AT_FDCWD, F_WRLCK, O_RDWR } from '@fb/sys'
      process.exitCode = ofdSetlk(openat(AT_FDCWD, process.argv[1], O_RDWR, 0), F_WRLCK, 0, 0) < 0 ? 1 : 0`
    const tryPosix = () =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script, tree.at('file')], { cwd: PACKAGE })
        .status
    expect(tryPosix()).toBe(0)
    ok(tree.fs.setlk(node, one, request({ owner: 5n }), caller()))
    expect(tryPosix()).toBe(1)
  })
})

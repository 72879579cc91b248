import { describe, expect, it } from 'vitest'
import { LockOwners } from './lock-owners.js'

const HANDLE = 7
const OWNER = 0x8000_0001_ffff_fffen
const OTHER = 7n

function table(capacity = 8): LockOwners {
  return new LockOwners(LockOwners.create(capacity))
}

describe('LockOwners', () => {
  it('has one descriptor for each pair of file and owner', () => {
    const owners = table()
    expect(owners.acquire(5, OWNER)).toBe(-1)
    const index = owners.add(5, OWNER, 20, HANDLE)
    expect(owners.fd(index)).toBe(20)
    expect(owners.acquire(5, OWNER)).toBe(index)
    expect(owners.acquire(5, OTHER)).toBe(-1)
    expect(owners.acquire(6, OWNER)).toBe(-1)
    expect(owners.add(5, OWNER, 21, HANDLE)).toBe(index)
    expect(owners.fd(index)).toBe(20)
  })

  it('closes with the last user, and begins anew for the same owner meanwhile', () => {
    const owners = table()
    const waiting = owners.add(5, OWNER, 20, HANDLE)
    const ending = owners.acquire(5, OWNER)
    owners.end(ending)
    owners.end(ending)
    expect(owners.release(ending)).toBe(-1)
    const next = owners.add(5, OWNER, 21, HANDLE)
    expect(next).not.toBe(waiting)
    expect(owners.release(waiting)).toBe(20)
    expect(owners.fd(owners.acquire(5, OWNER))).toBe(21)
  })

  it('answers -1 when it is full', () => {
    const owners = table(2)
    owners.add(5, 1n, 20, HANDLE)
    const index = owners.add(5, 2n, 21, HANDLE)
    expect(owners.add(5, 3n, 22, HANDLE)).toBe(-1)
    owners.end(index)
    owners.release(index)
    expect(owners.add(5, 3n, 22, HANDLE)).toBe(index)
  })

  it('lists the owners of one file, or of all', () => {
    const owners = table()
    const index = owners.add(5, OWNER, 20, HANDLE)
    owners.release(index)
    expect(owners.acquireAny(6)).toBe(-1)
    expect(owners.acquireAny(5)).toBe(index)
    expect(owners.acquireAny(0)).toBe(index)
  })

  it('names the process of the only other owner', () => {
    const owners = table()
    owners.setPid(owners.add(5, OWNER, 20, HANDLE), 111)
    owners.setPid(owners.add(5, OTHER, 21, HANDLE), 222)
    expect(owners.otherPid(5, OWNER)).toBe(222)
    expect(owners.otherPid(5, OTHER)).toBe(111)
    expect(owners.otherPid(5, 99n)).toBe(0)
    expect(owners.otherPid(6, OWNER)).toBe(0)
  })

  it('keeps many pairs apart', () => {
    const owners = table(1000)
    const pairs = Array.from({ length: 1000 }, (_, index) => [index % 10, BigInt(index)] as const)
    for (const [at, [node, owner]] of pairs.entries())
      owners.release(owners.add(node + 1, owner, at + 3, HANDLE))
    for (const [at, [node, owner]] of pairs.entries()) {
      const index = owners.acquire(node + 1, owner)
      expect(owners.fd(index)).toBe(at + 3)
      if (at % 3 === 0) owners.end(index)
      expect(owners.release(index)).toBe(at % 3 === 0 ? at + 3 : -1)
    }
    for (const [at, [node, owner]] of pairs.entries()) {
      expect(owners.acquire(node + 1, owner) >= 0).toBe(at % 3 !== 0)
    }
  })
})

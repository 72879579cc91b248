import { describe, expect, it } from 'vitest'
import { MountTable, MountWord } from './mount-table.js'

describe('MountTable', () => {
  it('finds a mount by both words of its id', () => {
    const mounts = new MountTable(MountTable.create(4))
    expect(mounts.insert(0x8000_0001, 2, 7, true)).toBe(0)
    expect(mounts.use(0x8000_0001, 2)).toBe(0)
    expect(mounts.use(0x8000_0001, 3)).toBe(-1)
    expect(mounts.use(1, 2)).toBe(-1)
    expect(mounts.get(0, MountWord.USERS)).toBe(2)
    expect(mounts.get(0, MountWord.IN_MEMORY)).toBe(1)
  })

  it('gives its descriptor back with the last use, and the row to another mount', () => {
    const mounts = new MountTable(MountTable.create(2))
    mounts.insert(1, 0, 7, false)
    mounts.insert(2, 0, -1, false)
    expect(mounts.insert(3, 0, 9, false)).toBe(-1)
    mounts.addUser(0)
    expect(mounts.release(0)).toBe(-1)
    expect(mounts.release(0)).toBe(7)
    expect(mounts.use(1, 0)).toBe(-1)
    expect(mounts.insert(3, 0, 9, false)).toBe(0)
    expect(mounts.use(3, 0)).toBe(0)
    expect(mounts.release(1)).toBe(-1)
    expect(mounts.use(2, 0)).toBe(-1)
  })
})

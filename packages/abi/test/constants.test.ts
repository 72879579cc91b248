import { describe, expect, it } from 'vitest'
import * as abi from '../src/index.js'
import { measured } from './fixture.js'

describe('constants', () => {
  it('are those of the kernel with their values, no more and no fewer', () => {
    const ours = [...abi.cNames].map(([name, value]) => [name, String(value)])
    expect(Object.fromEntries(ours)).toEqual(measured.constants)
  })

  it('name the version that was measured', () => {
    expect(abi.FUSE_KERNEL_VERSION).toBe(measured.version.major)
    expect(abi.FUSE_KERNEL_MINOR_VERSION).toBe(measured.version.minor)
  })

  it('are exported under the name of their group', () => {
    const exports: Readonly<Record<string, unknown>> = abi
    for (const { name, members } of abi.constantGroups) {
      if (name !== '') expect(exports[name]).toBe(members)
      else for (const [key, value] of Object.entries(members)) expect(exports[key]).toBe(value)
    }
  })

  it('give every C name to one constant only', () => {
    const count = abi.constantGroups.reduce((sum, { members }) => sum + Object.keys(members).length, 0)
    expect(abi.cNames.size).toBe(count)
  })
})

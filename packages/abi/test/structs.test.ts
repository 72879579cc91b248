import { describe, expect, it } from 'vitest'
import { structs } from '../src/index.js'
import { measured } from './fixture.js'

describe('structs', () => {
  it('are those of the kernel, no more and no fewer', () => {
    expect(Object.keys(structs).sort()).toEqual(Object.keys(measured.structs).sort())
  })

  it.each(Object.entries(structs))(
    '%s has the size and the fields that the C compiler measured',
    (cName, struct) => {
      expect(struct.cName).toBe(cName)
      expect(struct.size).toBe(measured.structs[cName]?.size)
      const fields = struct.fields.map(({ cName: name, cType, offset, size }) => [
        name,
        { type: cType, offset, size },
      ])
      expect(fields).toEqual(Object.entries(measured.structs[cName]?.fields ?? {}))
    },
  )

  it.each(Object.entries(structs))('%s names its offsets as its fields', (_, struct) => {
    const expected = struct.fields.flatMap(({ keys, offset }) => keys.map((key, i) => [key, offset + 4 * i]))
    expect(Object.entries(struct.offsets)).toEqual(expected)
  })

  it.each(Object.entries(structs))('%s creates a record with exactly its shown fields', (_, struct) => {
    const shown = struct.fields.filter(({ kind }) => kind !== 'flexible').flatMap(({ keys }) => keys)
    expect(Object.keys(struct.create())).toEqual(shown)
  })

  it.each(Object.entries(structs))('%s covers every byte of itself', (_, struct) => {
    let end = 0
    for (const { offset, size } of struct.fields) {
      expect(offset).toBe(end)
      end += size
    }
    expect(end).toBe(struct.size)
  })
})

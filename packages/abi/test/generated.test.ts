import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { struct, u32, u64 } from '../schema/dsl.js'
import { areas } from '../schema/index.js'
import { generate } from '../scripts/emit.js'
import { layOut } from '../scripts/layout.js'

const directory = new URL('../src/generated/', import.meta.url)

describe('generated code', () => {
  const files = generate(areas)

  it('is the files that the schema gives, no more and no fewer', () => {
    expect(readdirSync(directory).sort()).toEqual(files.map(({ name }) => name).sort())
  })

  it.each(files)('$name is what the schema gives', ({ name, text }) => {
    expect(readFileSync(new URL(name, directory), 'utf8')).toBe(text)
  })
})

describe('layOut', () => {
  const area = (...structs: ReturnType<typeof struct>[]) => [{ file: 'x', doc: '', structs }]

  it('refuses a hole, which the protocol never has', () => {
    expect(() => layOut(area(struct('a', '', u32('b', ''), u64('c', 'number', ''))))).toThrow(
      'a.c: a hole of 4 bytes',
    )
    expect(() => layOut(area(struct('a', '', u64('b', 'number', ''), u32('c', ''))))).toThrow(
      'a: a hole at its end',
    )
  })

  it('refuses a struct declared twice', () => {
    expect(() => layOut(area(struct('a', ''), struct('a', '')))).toThrow('a is declared twice')
  })
})

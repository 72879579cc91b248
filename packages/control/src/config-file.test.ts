import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from './config-file.js'
import { ControlError } from './control-error.js'

describe('readConfig', () => {
  let base: string
  let file: string
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'fb-config-'))
    file = join(base, 'config')
  })
  afterAll(() => rmSync(base, { recursive: true }))

  function read(text: string): ReturnType<typeof readConfig> {
    writeFileSync(file, text)
    return readConfig(file)
  }

  function refused(text: string): string {
    try {
      read(text)
    } catch (error) {
      expect(error).toBeInstanceOf(ControlError)
      expect((error as ControlError).code).toBe('EINVAL')
      return (error as ControlError).message.replaceAll(base, 'BASE')
    }
    throw new Error('it was taken')
  }

  it('takes YAML and JSON, and relative paths from its own directory', () => {
    const expected = {
      controlSocket: join(base, 'run/socket'),
      logLevel: 'warn',
      mounts: [
        { path: '/', source: '/srv', ro: true },
        { path: '/x/y', source: join(base, 'b'), uidmap: [{ client: 0, host: 1000, count: 1 }] },
        { path: '/etc', files: { motd: 'hello', 'conf.d': { empty: '' } } },
      ],
    }
    const yaml = `
# a comment
controlSocket: run/socket
logLevel: warn
mounts:
  - { path: /, source: /srv, ro: true }
  - path: /x/y
    source: b
    uidmap: [{ client: 0, host: 1000, count: 1 }]
  - path: /etc
    files:
      motd: hello
      conf.d: { empty: "" }
`
    expect(read(yaml)).toEqual(expected)
    expect(read(JSON.stringify({ ...expected, controlSocket: 'run/socket' }, undefined, 2))).toEqual(expected)
    expect(read('')).toEqual({ mounts: [] })
  })

  it.each([
    [
      'an unknown setting',
      'mounts: []\nlogLevle: info\n',
      'BASE/config:2:1: logLevle: there is no such setting',
    ],
    [
      'an unknown setting of a mount',
      'mounts:\n  - path: /\n    source: /a\n    readonly: true\n',
      'BASE/config:4:5: mounts[0].readonly: there is no such setting',
    ],
    [
      'a relative path',
      '{\n  "mounts": [\n    { "path": "a", "source": "/b" }\n  ]\n}',
      /^BASE\/config:3:15: mounts\[0\]\.path: must be an absolute path$/,
    ],
    [
      'a wrong type',
      'mounts:\n - path: /\n   source: /b\n   ro: maybe\n',
      /^BASE\/config:4:8: mounts\[0\]\.ro: .*boolean/,
    ],
    ['a level that there is not', 'logLevel: loud\n', /^BASE\/config:1:11: logLevel: .*debug/],
    [
      'neither source nor files',
      'mounts:\n - path: /a\n',
      /^BASE\/config:2:4: mounts\[0\]\.source: one of source and files is needed$/,
    ],
    [
      'a name that is no name',
      'mounts:\n - path: /a\n   files: { a/b: x }\n',
      /^BASE\/config:3:.*is no name of a file/,
    ],
    ['broken syntax', 'mounts:\n  - path: "/a\n', /^BASE\/config:\d+:\d+: .*quote/i],
    ['the same setting twice', 'logLevel: info\nlogLevel: warn\n', /^BASE\/config:2:1: .*unique/],
    ['no settings at all', '- a\n- b\n', /^BASE\/config:1:1: .*object/],
    ['an alias that is not there', 'mounts: *none\n', /^BASE\/config:1:\d+: .*alias/i],
  ])('names the line of %s', (_name, text, message) => {
    expect(refused(text)).toMatch(message)
  })

  it('names every line that is wrong', () => {
    expect(refused('logLevel: 3\nmounts:\n - path: x\n   source: ""\n').split('\n')).toEqual([
      expect.stringMatching(/^BASE\/config:1:11: /),
      expect.stringMatching(/^BASE\/config:3:10: /),
      expect.stringMatching(/^BASE\/config:4:12: /),
    ])
  })

  it('is not led astray by aliases of aliases', () => {
    const levels = Array.from(
      { length: 9 },
      (_, at) => `  l${at + 1}: &l${at + 1} [${Array(9).fill(`*l${at}`)}]`,
    )
    expect(refused(`x:\n  l0: &l0 [a]\n${levels.join('\n')}\n`)).toMatch(/alias/i)
  })

  it('refuses a file that is not there, none, or too large', () => {
    expect(() => readConfig(join(base, 'none'))).toThrow(/none: does not exist/)
    expect(() => readConfig(base)).toThrow(/EISDIR/)
    writeFileSync(file, '')
    truncateSync(file, 2 ** 32)
    expect(() => readConfig(file)).toThrow(/more than/)
  })
})

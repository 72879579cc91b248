import { type FileSystem, nameToBytes, OPERATION_NAMES } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { FakeClock } from '../test/fake-clock.js'
import { SampleFs } from '../test/sample-fs.js'
import { trace } from './index.js'

function traced(fs: FileSystem): { lines: string[]; fs: FileSystem } {
  const lines: string[] = []
  const clock = new FakeClock()
  return { lines, fs: trace(fs, { write: (line) => lines.push(line), clock, prefix: 'a: ' }) }
}

describe('trace', () => {
  it('writes what was asked by whom and what came of it', async () => {
    for (const later of [false, true]) {
      const sample = new SampleFs()
      sample.later = later
      const { lines, fs } = traced(sample)
      const client = await FuseClient.connect(fs, { uid: 1000, pid: 42 })
      const { nodeid } = await client.lookup(1, 'file')
      await client.lookup(1, Uint8Array.of(0xff, 0x22)).catch(() => {})
      await client.create(1, 'new', 0o644, 1)
      await client.read(nodeid, 7, 6, 100)
      await client.write(nodeid, 7, 0, nameToBytes('abc'))
      await client.lseek(nodeid, 7, 0, 3).catch(() => {})
      await client.release(nodeid, 7)
      await client.close()
      const who = 'uid=1000 pid=42'
      expect(lines).toEqual([
        `a: lookup(1, "file") ${who} = node 2 mode 0100644 size 0, 0.00 ms`,
        `a: lookup(1, "\\xff\\x22") ${who} = ENOENT, 0.00 ms`,
        `a: create(1, "new", 420, 1, false) ${who} = node 4 mode 0100644 size 0 fh 9 flags 0, 0.00 ms`,
        `a: read(2, 7, 6, 100 bytes) ${who} = 5 bytes, 0.00 ms`,
        `a: write(2, 7, 0, 3 bytes) ${who} = 3, 0.00 ms`,
        `a: lseek(2, 7, 0, 3) ${who} = ENXIO, 0.00 ms`,
        `a: release(2, 7, {"flags":0,"lockOwner":"0n","flush":false,"flockUnlock":false}) ${who} = ok, 0.00 ms`,
        'a: forget(2, 1) = ok, 0.00 ms',
        'a: forget(4, 1) = ok, 0.00 ms',
      ])
    }
  })

  it('traces only what it is told to', async () => {
    const lines: string[] = []
    const fs = trace(new SampleFs(), { write: (line) => lines.push(line), operations: ['getattr'] })
    await fs.lookup?.(1, nameToBytes('file'), caller())
    await fs.getattr?.(1, undefined, caller())
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^getattr\(1, undefined\)/)
  })

  it('writes exceptions, rejections and long names', async () => {
    const { lines, fs } = traced({
      unlink() {
        throw new Error('broken')
      },
      rmdir: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' })),
      lookup: () => ({ nodeid: 0, generation: 0, attr: {} as never, attrTimeout: 0, entryTimeout: 1 }),
      readlink: () => 'target',
      getlk: (_node, _fh, _owner, lock) => lock,
      readdir() {},
    })
    expect(() => fs.unlink?.(1, nameToBytes('x'), caller())).toThrow('broken')
    await expect(fs.rmdir?.(1, nameToBytes('x'), caller())).rejects.toThrow('gone')
    fs.lookup?.(1, new Uint8Array(100).fill(97), caller())
    fs.readlink?.(5, caller())
    fs.getlk?.(5, 6, 7n, { start: 0n, end: 9n, type: 1, pid: 3 }, caller())
    fs.readdir?.(5, 6, 0n, { remaining: 4096, add: () => false, addPlus: () => false }, caller())
    const lock = '{"start":"0n","end":"9n","type":1,"pid":3}'
    expect(
      lines.map((line) => line.replace('a: ', '').replace(' uid=0 pid=1', '').replace(', 0.00 ms', '')),
    ).toEqual([
      'unlink(1, "x") = exception Error: broken',
      'rmdir(1, "x") = ENOENT',
      `lookup(1, "${'a'.repeat(64)}"...100) = node 0`,
      'readlink(5) = "target"',
      `getlk(5, 6, 7n, ${lock}) = ${lock}`,
      'readdir(5, 6, 0n, 4096 bytes) = ok',
    ])
  })

  it('takes any operation with any argument', () => {
    const everything = Object.fromEntries(
      OPERATION_NAMES.map((name) => [name, () => undefined]),
    ) as FileSystem
    const { lines, fs } = traced(everything)
    const methods = fs as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const operation of OPERATION_NAMES)
      methods[operation]?.(1, [{ a: 1n }], { map() {}, unmap() {} }, caller())
    expect(lines).toHaveLength(OPERATION_NAMES.length)
  })
})

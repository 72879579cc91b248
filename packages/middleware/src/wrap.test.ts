import { Errno, type FileSystem, LIFECYCLE, nameToBytes, OPERATION_NAMES, OPERATIONS } from '@fb/api'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { SampleFs } from '../test/sample-fs.js'
import { Faults, injectFaults, limitRate, Metrics, mapIds, measure, readOnly, trace, wrap } from './index.js'

const LAYERS: Record<string, (fs: FileSystem) => FileSystem> = {
  readOnly,
  trace: (fs) => trace(fs, { write: () => {} }),
  measure: (fs) => measure(fs, new Metrics()),
  injectFaults: (fs) => injectFaults(fs, new Faults()),
  limitRate: (fs) => limitRate(fs, { operations: 1e9, bytes: 1e9 }),
  mapIds: (fs) => mapIds(fs, { uid: [{ client: 0, host: 1000, count: 9 }], gid: [], unmapped: 'keep' }),
}

function methodsOf(fs: FileSystem): string[] {
  return [...LIFECYCLE, ...OPERATION_NAMES].filter((name) => name in fs).sort()
}

describe('wrap', () => {
  it('gives exactly the methods that the inner file system has, of a class or of an object', () => {
    const saved = { async *saveState() {}, restoreState: async () => [], resume: async () => {} }
    for (const fs of [new SampleFs(), { read: () => 0, destroy() {} }, saved, {}]) {
      expect(methodsOf(wrap(fs, (_operation, next) => next))).toEqual(methodsOf(fs))
      for (const layer of Object.values(LAYERS)) expect(methodsOf(layer(fs))).toEqual(methodsOf(fs))
    }
  })

  it('knows every operation and hands all arguments through', () => {
    const received = new Map<string, unknown[]>()
    const everything = Object.fromEntries(
      [...LIFECYCLE, ...OPERATION_NAMES].map((name) => [
        name,
        (...args: unknown[]) => received.set(name, args),
      ]),
    ) as FileSystem
    const wrapped = wrap(everything, (_operation, next) => next) as Record<
      string,
      (...args: unknown[]) => unknown
    >
    for (const operation of OPERATION_NAMES) {
      const args = Array.from(
        { length: operation === 'forget' ? 2 : OPERATIONS[operation].context + 1 },
        (_, at) => at,
      )
      wrapped[operation]?.(...args)
      expect(received.get(operation)).toEqual(args)
    }
  })

  it('keeps what is synchronous synchronous, in every layer', () => {
    for (const layer of Object.values(LAYERS)) {
      const outcome = layer(new SampleFs()).lookup?.(1, nameToBytes('file'), caller())
      expect(outcome).toMatchObject({ nodeid: 2 })
      expect(layer(new SampleFs()).lookup?.(1, nameToBytes('nope'), caller())).toBe(Errno.ENOENT)
    }
  })

  it('hands a promise on as one', async () => {
    for (const layer of Object.values(LAYERS)) {
      const fs = new SampleFs()
      fs.later = true
      const outcome = layer(fs).lookup?.(1, nameToBytes('file'), caller())
      expect(outcome).toBeInstanceOf(Promise)
      expect(await outcome).toMatchObject({ nodeid: 2 })
    }
  })

  it('hands an exception on', () => {
    for (const [name, layer] of Object.entries(LAYERS)) {
      if (name === 'readOnly') continue
      expect(() => layer(new SampleFs()).unlink?.(1, nameToBytes('x'), caller())).toThrow(/on fire/)
    }
  })
})

import { Errno, type FileSystem, type Operation } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { Faults, injectFaults, limitRate, Metrics, mapIds, measure, readOnly, trace } from '../src/index.js'
import { FakeClock } from './fake-clock.js'
import { SampleFs } from './sample-fs.js'

/** A layer, and what shows that it does its work. */
interface Layer {
  wrap(fs: FileSystem): FileSystem
  /** Checks its effect on what {@link work} did. @param hidden operations that a layer above has answered */
  check(seen: Seen, hidden: ReadonlySet<Operation>): void
  /** Operations that it answers itself, so that no layer below sees them. */
  readonly refuses?: readonly Operation[]
  /** Operations that went through it, for a layer that takes note. */
  passed?(): Map<string, number>
}

/** What the client was told. */
interface Seen {
  readonly mkdir: string
  readonly write: string
  readonly uid: number
}

const LAYERS: Record<string, () => Layer> = {
  readOnly: () => ({
    wrap: readOnly,
    refuses: ['mkdir', 'write'],
    check: ({ mkdir }) => expect(mkdir).toBe('EROFS'),
  }),
  injectFaults: () => {
    const faults = new Faults([{ operations: 'write', errno: Errno.ENOSPC }])
    return {
      wrap: (fs) => injectFaults(fs, faults),
      refuses: ['write'],
      check: ({ write }, hidden) => {
        expect(faults.struck).toEqual([hidden.has('write') ? 0 : 1])
        expect(hidden.has('write') || write === 'ENOSPC').toBe(true)
      },
    }
  },
  mapIds: () => {
    const range = [{ client: 70, host: 1000, count: 5 }]
    const zero = { client: 0, host: 500, count: 1 }
    return {
      wrap: (fs) => mapIds(fs, { uid: [...range, zero], gid: [...range, zero] }),
      check: ({ uid }) => expect(uid).toBe(70),
    }
  },
  limitRate: () => {
    const clock = new FakeClock()
    return {
      wrap: (fs) => limitRate(fs, { operations: 1000, burst: 0.001, clock }),
      check: () => expect(clock.slept.length).toBeGreaterThan(0),
    }
  },
  measure: () => {
    const metrics = new Metrics()
    const passed = () =>
      new Map<string, number>([...metrics.operations].map(([name, { count }]) => [name, count]))
    return { wrap: (fs) => measure(fs, metrics), passed, check: () => expect(passed().get('read')).toBe(1) }
  },
  trace: () => {
    const lines: string[] = []
    const passed = () => {
      const counts = new Map<string, number>()
      for (const line of lines) {
        const name = line.slice(0, line.indexOf('('))
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      return counts
    }
    const write = (line: string): void => void lines.push(line)
    return { wrap: (fs) => trace(fs, { write }), passed, check: () => expect(passed().get('read')).toBe(1) }
  },
}
const NAMES = Object.keys(LAYERS)

const made = (name: string): Layer => (LAYERS[name] as () => Layer)()

async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
}

/** Reads, writes and makes a directory through layers, the first of which is the outermost. */
async function work(layers: readonly Layer[], sample: SampleFs): Promise<Seen> {
  const fs = layers.reduceRight((inner: FileSystem, layer) => layer.wrap(inner), sample)
  const client = await FuseClient.connect(fs)
  const node = await client.resolve('/file')
  const { fh } = await client.open(node)
  expect(Buffer.from(await client.read(node, fh, 6, 5)).toString()).toBe('world')
  const write = await codeOf(client.write(node, fh, 0, new Uint8Array(3)))
  const mkdir = await codeOf(client.mkdir(1, 'directory'))
  const { uid } = await client.stat('/file')
  await client.release(node, fh)
  await client.close()
  return { mkdir, write, uid }
}

/** Lookups that were counted and not forgotten. */
function balance(fs: SampleFs): number {
  const found = fs.asked.filter(({ operation }) => ['lookup', 'mkdir'].includes(operation)).length
  const forgotten = fs.asked.filter(({ operation }) => operation === 'forget')
  return found - forgotten.reduce((sum, { args }) => sum + Number(args[1]), 0)
}

/** Every layer did its work; what one answers itself, those below it do not see, and those above it do. */
function expectEffects(layers: readonly Layer[], seen: Seen): void {
  const hidden = new Set<Operation>()
  for (const { check, passed, refuses = [] } of layers) {
    check(seen, hidden)
    const counts = passed?.()
    for (const operation of counts === undefined ? [] : (['write', 'mkdir'] as const)) {
      expect(counts?.get(operation) ?? 0, operation).toBe(hidden.has(operation) ? 0 : 1)
    }
    for (const operation of refuses) hidden.add(operation)
  }
}

describe('layers', () => {
  it.each(NAMES.flatMap((outer) => NAMES.map((inner) => [outer, inner] as const)))(
    '%s on top of %s: both do their work, and nothing leaks',
    async (outer, inner) => {
      for (const later of [false, true]) {
        const sample = new SampleFs()
        sample.later = later
        // A map on top of the same map has nothing to map any more.
        const layers = outer === 'mapIds' && inner === 'mapIds' ? [made(outer)] : [made(outer), made(inner)]
        const seen = await work(layers, sample)
        expectEffects(layers, seen)
        expect(balance(sample)).toBe(0)
        expect(sample.asked.filter(({ operation }) => operation === 'release')).toHaveLength(1)
      }
    },
  )

  it('all of them, in every order', async () => {
    for (const order of permutations(NAMES)) {
      const sample = new SampleFs()
      const layers = order.map(made)
      const seen = await work(layers, sample)
      expectEffects(layers, seen)
      expect(balance(sample), order.join(' ')).toBe(0)
    }
  })
})

describe('fault injection and read-only, wrapped around each other', () => {
  const rules = [
    { operations: 'write', errno: Errno.ENOSPC },
    { operations: 'mkdir', errno: Errno.EDQUOT },
    { operations: 'read', after: 1, errno: Errno.EIO },
    { operations: 'release', errno: Errno.EIO },
  ] as const

  /** What a client gets that makes a directory, opens for writing, and reads twice. */
  async function outcome(fs: FileSystem): Promise<string[]> {
    const client = await FuseClient.connect(fs)
    const node = await client.resolve('/file')
    const seen = [await codeOf(client.mkdir(1, 'directory')), await codeOf(client.open(node, 1))]
    const { fh } = await client.open(node)
    seen.push(await codeOf(client.write(node, fh, 0, new Uint8Array(1))))
    for (let i = 0; i < 2; i += 1) seen.push(await codeOf(client.read(node, fh, 0, 5)))
    seen.push(await codeOf(client.release(node, fh)))
    await client.close()
    return seen
  }

  it('read-only outside: changes are EROFS and never count as faults', async () => {
    const faults = new Faults(rules)
    const sample = new SampleFs()
    expect(await outcome(readOnly(injectFaults(sample, faults)))).toEqual([
      'EROFS',
      'EROFS',
      'EROFS',
      'done',
      'EIO',
      'EIO',
    ])
    expect(faults.struck).toEqual([0, 0, 1, 1])
    expect(balance(sample)).toBe(0)
    expect(sample.asked.filter(({ operation }) => operation === 'release')).toHaveLength(1)
  })

  it('fault injection outside: the faults come first, what they let through is EROFS', async () => {
    const faults = new Faults(rules)
    const sample = new SampleFs()
    expect(await outcome(injectFaults(readOnly(sample), faults))).toEqual([
      'EDQUOT',
      'EROFS',
      'ENOSPC',
      'done',
      'EIO',
      'EIO',
    ])
    expect(faults.struck).toEqual([1, 1, 1, 1])
    faults.set([])
    expect(await outcome(injectFaults(readOnly(sample), faults))).toEqual([
      'EROFS',
      'EROFS',
      'EROFS',
      'done',
      'done',
      'done',
    ])
    expect(sample.asked.some(({ operation }) => ['mkdir', 'write'].includes(operation))).toBe(false)
    expect(balance(sample)).toBe(0)
  })
})

function* permutations<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield []
  for (const [at, first] of list.entries()) {
    for (const rest of permutations([...list.slice(0, at), ...list.slice(at + 1)])) yield [first, ...rest]
  }
}

import { Errno, nameToBytes } from '@fb/api'
import { FuseClient } from '@fb/api/testing'
import { describe, expect, it } from 'vitest'
import { caller } from '../test/caller.js'
import { FakeClock } from '../test/fake-clock.js'
import { SampleFs } from '../test/sample-fs.js'
import { Metrics, measure, prometheusText } from './index.js'

describe('measure', () => {
  it('counts operations, errors and bytes, now and later', async () => {
    for (const later of [false, true]) {
      const sample = new SampleFs()
      sample.later = later
      const metrics = new Metrics()
      const client = await FuseClient.connect(measure(sample, metrics))
      const { nodeid } = await client.lookup(1, 'file')
      await client.lookup(1, 'nope').catch(() => {})
      await client.read(nodeid, 7, 6, 100)
      await client.write(nodeid, 7, 0, new Uint8Array(300))
      await client.lseek(nodeid, 7, 0, 3).catch(() => {})
      await client.forget(nodeid)
      const { lookup, read, write, lseek, forget } = Object.fromEntries(metrics.operations)
      expect(lookup).toMatchObject({ count: 2, inFlight: 0, errors: new Map([[Errno.ENOENT, 1]]) })
      expect(read).toMatchObject({ count: 1, bytes: 5 })
      expect(write).toMatchObject({ count: 1, bytes: 300 })
      expect(lseek).toMatchObject({ count: 1, errors: new Map([[Errno.ENXIO, 1]]) })
      expect(forget).toMatchObject({ count: 1 })
      expect(metrics.operations.has('mkdir')).toBe(false)
    }
  })

  it('counts exceptions apart, and what has not ended', async () => {
    const metrics = new Metrics()
    let finish = () => {}
    const fs = measure(
      {
        unlink() {
          throw new Error('broken')
        },
        rmdir() {
          throw Errno.EBUSY
        },
        fsync: () =>
          new Promise((resolve) => {
            finish = () => resolve(undefined)
          }),
      },
      metrics,
    )
    expect(() => fs.unlink?.(1, nameToBytes('x'), caller())).toThrow('broken')
    expect(() => fs.rmdir?.(1, nameToBytes('x'), caller())).toThrow(Errno.EBUSY)
    const pending = fs.fsync?.(1, 2, false, caller())
    expect(metrics.of('fsync')).toMatchObject({ count: 0, inFlight: 1 })
    finish()
    await pending
    expect(metrics.of('fsync')).toMatchObject({ count: 1, inFlight: 0 })
    expect(metrics.of('unlink').errors).toEqual(new Map([[undefined, 1]]))
    expect(metrics.of('rmdir').errors).toEqual(new Map([[Errno.EBUSY, 1]]))
  })
})

describe('prometheusText', () => {
  it('writes the text format, each header once', () => {
    const clock = new FakeClock()
    const took = [5, 5.1, 50, 5000]
    const make = (mount: string) => {
      const metrics = new Metrics({ labels: { mount }, buckets: [0.005, 0.05], clock })
      const fs = measure(
        {
          read() {
            clock.advance(took.shift() ?? 0)
            return new Uint8Array(10)
          },
          access: () => Errno.EACCES,
        },
        metrics,
      )
      return { fs, metrics }
    }
    const { fs, metrics } = make('/a "b"\n\\')
    const other = make('/c')
    for (let i = 0; i < 4; i += 1) fs.read?.(1, 2, 0, {} as never, caller())
    other.fs.access?.(1, 4, caller())
    const labels = 'mount="/a \\"b\\"\\n\\\\",operation="read"'
    const histogram = 'fb_operation_duration_seconds'
    const otherLabels = 'mount="/c",operation="access"'
    expect(prometheusText(metrics, other.metrics).split('\n')).toEqual([
      '# HELP fb_operations_total Operations that have ended, well or not.',
      '# TYPE fb_operations_total counter',
      `fb_operations_total{${labels}} 4`,
      `fb_operations_total{${otherLabels}} 1`,
      '# HELP fb_operation_errors_total Operations that failed, by error.',
      '# TYPE fb_operation_errors_total counter',
      `fb_operation_errors_total{${otherLabels},errno="EACCES"} 1`,
      '# HELP fb_operations_in_flight Operations that have not ended yet.',
      '# TYPE fb_operations_in_flight gauge',
      `fb_operations_in_flight{${labels}} 0`,
      `fb_operations_in_flight{${otherLabels}} 0`,
      '# HELP fb_operation_bytes_total Bytes that were read and written.',
      '# TYPE fb_operation_bytes_total counter',
      `fb_operation_bytes_total{${labels}} 40`,
      '# HELP fb_operation_duration_seconds How long operations took.',
      '# TYPE fb_operation_duration_seconds histogram',
      `${histogram}_bucket{${labels},le="0.005"} 1`,
      `${histogram}_bucket{${labels},le="0.05"} 3`,
      `${histogram}_bucket{${labels},le="+Inf"} 4`,
      `${histogram}_sum{${labels}} 5.0601`,
      `${histogram}_count{${labels}} 4`,
      `${histogram}_bucket{${otherLabels},le="0.005"} 1`,
      `${histogram}_bucket{${otherLabels},le="0.05"} 1`,
      `${histogram}_bucket{${otherLabels},le="+Inf"} 1`,
      `${histogram}_sum{${otherLabels}} 0`,
      `${histogram}_count{${otherLabels}} 1`,
      '',
    ])
  })

  it('refuses buckets and labels that make no sense', () => {
    expect(() => new Metrics({ buckets: [1, 1] })).toThrow(RangeError)
    expect(() => new Metrics({ buckets: [0] })).toThrow(RangeError)
    expect(() => new Metrics({ labels: { 'a-b': '' } })).toThrow(TypeError)
  })
})

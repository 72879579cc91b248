import { FuseOutHeader, FuseWriteIn, Opcode } from '@fb/abi'
import { describe, expect, it } from 'vitest'
import type { TransportRequest } from '../transport.js'
import { ContractViolation } from './contract-violation.js'
import { MemoryChannel } from './memory-channel.js'
import { POISON } from './memory-request.js'
import { RequestBody } from './request-body.js'
import { encodeRequest } from './request-bytes.js'

const message = encodeRequest({ opcode: Opcode.STATFS, unique: 2n, nodeid: 1 })

/** Writes the header of a reply that says it has `length` bytes. */
function header({ reply }: TransportRequest, length: number): void {
  FuseOutHeader.encode(reply.view, 0, { len: length, error: 0, uniqueLow: 2, uniqueHigh: 0 })
}

function channelOf(handle: (request: TransportRequest) => void): MemoryChannel {
  return new MemoryChannel({ handle })
}

describe('a rule that is broken is thrown', () => {
  const breaches: readonly (readonly [string, (request: TransportRequest) => void])[] = [
    [
      'two replies',
      (request) => {
        header(request, 16)
        request.send(16)
        request.send(16)
      },
    ],
    [
      'a reply and a drop',
      (request) => {
        request.drop()
        header(request, 16)
        request.send(16)
      },
    ],
    ['no reply', () => {}],
    [
      'a reply that lies about its length',
      (request) => {
        header(request, 17)
        request.send(16)
      },
    ],
    [
      'a reply that is longer than its buffer',
      (request) => {
        header(request, 2 ** 20)
        request.send(2 ** 20)
      },
    ],
    [
      'a reply that is longer than the client takes',
      (request) => {
        header(request, 16 + 2 ** 21)
        request.sendWith(new Uint8Array(2 ** 21))
      },
    ],
    [
      'data that was never there',
      (request) => {
        header(request, 17)
        request.sendData(1)
      },
    ],
    ['a data area that is too large', (request) => void request.dataBuffer(2 ** 21)],
    ['a payload beyond the end', (request) => void request.payloadBytes(40, 1)],
  ]

  it.each(breaches)('%s', (_what, handle) => {
    const channel = channelOf(handle)
    expect(() => channel.submit(message)).toThrow(ContractViolation)
  })

  it('also where the server swallows it', () => {
    const channel = channelOf((request) => {
      request.drop()
      try {
        request.drop()
      } catch {}
    })
    expect(() => channel.submit(message)).toThrow('a request that was already dropped was dropped as well')
  })

  it('also where it happens later', async () => {
    const channel = channelOf((request) => {
      request.retain()
      setImmediate(() => {
        request.drop()
        expect(() => request.drop()).toThrow(ContractViolation)
      })
    })
    await channel.submit(message).settled
    await new Promise(setImmediate)
    expect(() => channel.check()).toThrow(ContractViolation)
  })
})

describe('a request', () => {
  it('is answered at once, or later where it is retained', async () => {
    const later: TransportRequest[] = []
    const channel = channelOf((request) => {
      request.retain()
      later.push(request)
    })
    const request = channel.submit(message)
    expect(request.state).toBe('open')
    const [one] = later
    if (one === undefined) throw new Error('not handled')
    header(one, 19)
    expect(one.sendWith(Uint8Array.of(1, 2, 3))).toBe(true)
    expect([...((await request.settled) ?? [])].slice(16)).toEqual([1, 2, 3])
    expect(request).toMatchObject({ state: 'replied' })
    expect(request.answer).toEqual(await request.settled)
  })

  it('is lost where the client is gone', async () => {
    const results: boolean[] = []
    const channel = channelOf((request) => {
      header(request, 16)
      results.push(request.send(16))
    })
    channel.connected = false
    const request = channel.submit(message)
    expect(results).toEqual([false])
    expect(await request.settled).toBeUndefined()
    expect(request.state).toBe('lost')
  })

  it('ends as poison, so that nobody keeps a view of it', async () => {
    const views: Uint8Array[] = []
    const channel = channelOf((request) => {
      views.push(request.bytes.subarray(0, 4))
      if (views.length === 2) request.retain()
      else request.drop()
      if (views.length === 2) setImmediate(() => request.drop())
    })
    channel.submit(message)
    expect([...(views[0] ?? [])]).toEqual([POISON, POISON, POISON, POISON])
    const retained = channel.submit(message)
    expect(views[1]?.[0]).toBe(40)
    await retained.settled
    await undefined
    expect(views[1]?.[0]).toBe(POISON)
  })

  it('finds the reply buffer poisoned, and its data area until it is filled', () => {
    let seen: number[] = []
    const channel = channelOf((request) => {
      seen = [request.reply.bytes[100] ?? 0]
      seen.push(request.dataFromFd(-1, 0, 4))
      header(request, 20)
      request.sendData(4)
    })
    const { answer } = channel.submit(message)
    expect(seen).toEqual([POISON, -9])
    expect([...(answer ?? [])].slice(16)).toEqual([POISON, POISON, POISON, POISON])
  })

  it('of WRITE may keep its payload outside', () => {
    const body = new RequestBody().struct(FuseWriteIn, { size: 3 }).bytes(Uint8Array.of(7, 8, 9))
    const write = encodeRequest({ opcode: Opcode.WRITE, unique: 2n, nodeid: 1 }, body.finish())
    const seen: unknown[] = []
    const channel = channelOf((request) => {
      const { available, length, bytes } = request
      seen.push([available, length, bytes.length, ...request.payloadBytes(length - 3, 3)])
      request.drop()
    })
    channel.submit(write)
    channel.submit(write, { payloadOutside: true })
    channel.submit(message, { payloadOutside: true })
    expect(seen).toEqual([
      [83, 83, 83, 7, 8, 9],
      [80, 83, 80, 7, 8, 9],
      [40, 40, 40, 0, 0, 0],
    ])
  })
})

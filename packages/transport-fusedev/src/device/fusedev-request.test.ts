import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseInHeader, FuseOutHeader, FuseWriteIn, Opcode } from '@fb/abi'
import { quietLogger } from '@fb/api'
import { alignmentOffset, close } from '@fb/sys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeDevice } from '../../test/support/fake-device.js'
import { FuseChannel } from './fuse-channel.js'
import type { FusedevRequest } from './fusedev-request.js'

const HEADER = FuseOutHeader.size
const PAYLOAD = FuseInHeader.size + FuseWriteIn.size
const REQUEST = FuseInHeader.size
const EAGAIN = -11
const EACCES = -13
const ECANCELED = -125

let device: FakeDevice
let channel: FuseChannel
let directory: string
let file: number

beforeEach(() => {
  device = new FakeDevice()
  channel = new FuseChannel({ fd: device.fd, maxWrite: 128 * 1024, logger: quietLogger })
  directory = mkdtempSync(join(tmpdir(), 'fusedev-request-'))
  writeFileSync(join(directory, 'file'), 'abcdefghij')
  file = openSync(join(directory, 'file'), 'r+')
})

afterEach(() => {
  channel.close()
  device.close()
  close(file)
  rmSync(directory, { recursive: true })
})

function next(unique: number, body?: Uint8Array<ArrayBuffer>): FusedevRequest {
  device.request(unique, Opcode.READ, body)
  expect(channel.receive()).toBeGreaterThan(0)
  return channel.request
}

function header(request: FusedevRequest, unique: number, length: number): void {
  const { view } = request.reply
  FuseOutHeader.encode(view, 0, { len: length, error: 0, uniqueLow: unique, uniqueHigh: 0 })
}

function answer(request: FusedevRequest, unique: number, size: number): boolean {
  header(request, unique, HEADER + size)
  return request.sendData(size)
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('answered at once', () => {
  test('one object and one memory serve request after request', () => {
    const first = next(1)
    answer(first, 1, 0)
    expect(next(2)).toBe(first)
    answer(first, 2, 0)
    expect([device.reply().unique, device.reply().unique]).toEqual([1, 2])
  })

  test('data comes from a file, from a buffer, or from bytes', () => {
    const request = next(1)
    expect(request.dataFromFd(file, 2, 4)).toBe(4)
    answer(request, 1, 4)
    expect(text(device.reply().body)).toBe('cdef')

    next(2).dataBuffer(3).set([1, 2, 3])
    answer(request, 2, 3)
    expect([...device.reply().body]).toEqual([1, 2, 3])

    next(3)
    header(request, 3, HEADER + 2)
    expect(request.sendWith(Uint8Array.of(8, 9))).toBe(true)
    expect([...device.reply().body]).toEqual([8, 9])
  })

  test('a buffer holds nothing of an earlier reply', () => {
    next(1).dataBuffer(4).fill(255)
    answer(channel.request, 1, 4)
    expect([...next(2).dataBuffer(4)]).toEqual([0, 0, 0, 0])
    answer(channel.request, 2, 4)
  })

  test('payload and data lie on page boundaries', () => {
    const request = next(1)
    expect(alignmentOffset(request.bytes.subarray(PAYLOAD), 4096)).toBe(0)
    expect(alignmentOffset(request.dataBuffer(1), 4096)).toBe(0)
    request.drop()
  })

  test('the payload goes to a file', () => {
    const request = next(1, new TextEncoder().encode('-- XYZ'))
    expect(request.payloadToFd(43, 3, file, 5, 0, false)).toBe(3)
    expect(text(request.payloadBytes(43, 3))).toBe('XYZ')
    request.drop()
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('abcdeXYZij')
  })
})

describe('answered later', () => {
  test('what another thread reads is what is sent, also where this one has tried before', async () => {
    next(1).dataBuffer(4).fill(255)
    answer(channel.request, 1, 4)
    device.reply()
    const request = next(2)
    expect(request.dataFromFd(file, 100, 4)).toBe(0)
    const reading = request.dataFromFdAsync(file, 2, 4)
    request.retain()
    expect(await reading).toBe(4)
    answer(request, 2, 4)
    expect(text(device.reply().body)).toBe('cdef')
    next(3).dataBuffer(1)
    answer(channel.request, 3, 1)
    expect([...device.reply().body]).toEqual([0])
  })

  test('each keeps its own memory and data, in whatever order they are answered', async () => {
    const requests: FusedevRequest[] = []
    for (let unique = 1; unique <= 3; unique += 1) {
      const request = next(unique, Uint8Array.of(unique))
      const reading = request.dataFromFdAsync(file, unique, 2)
      request.retain()
      requests.push(request)
      expect(channel.busy).toBe(unique)
      expect(await reading).toBe(2)
    }
    expect(new Set(requests).size).toBe(3)
    for (const unique of [2, 3, 1]) answer(requests[unique - 1] as FusedevRequest, unique, 2)
    const replies = [device.reply(), device.reply(), device.reply()]
    expect(replies.map(({ unique, body }) => [unique, text(body)])).toEqual([
      [2, 'cd'],
      [3, 'de'],
      [1, 'bc'],
    ])
    expect(requests.map((request) => request.bytes[40])).toEqual([1, 2, 3])
    expect(channel.busy).toBe(0)
  })

  test('a buffer that was taken before retaining stays with its request', () => {
    const late = next(1)
    late.dataBuffer(2).set([5, 6])
    late.retain()
    next(2).dataBuffer(2).set([7, 8])
    answer(channel.request, 2, 2)
    answer(late, 1, 2)
    expect([[...device.reply().body], [...device.reply().body]]).toEqual([
      [7, 8],
      [5, 6],
    ])
  })

  test('memory is used again once the answer is sent', () => {
    const first = next(1)
    first.retain()
    answer(first, 1, 0)
    const second = next(2)
    expect(second).not.toBe(first)
    expect(second.bytes).toBe(first.bytes)
    answer(second, 2, 0)
  })

  test('memory that another thread still fills is not used again', async () => {
    const first = next(1)
    const reading = first.dataFromFdAsync(file, 0, 4)
    first.retain()
    header(first, 1, HEADER)
    first.send(HEADER)
    const second = next(2)
    expect(second.bytes).not.toBe(first.bytes)
    second.retain()
    second.dataBuffer(4).fill(9)
    await reading
    answer(second, 2, 4)
    device.reply()
    expect([...device.reply().body]).toEqual([9, 9, 9, 9])
  })

  test('the payload stays readable', async () => {
    const request = next(1, new TextEncoder().encode('PQR'))
    const writing = request.payloadToFdAsync(40, 3, file, 0, 0, false)
    request.retain()
    const other = next(2, new TextEncoder().encode('xxx'))
    expect(await writing).toBe(3)
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('PQRdefghij')
    request.drop()
    other.drop()
  })
})

describe('an answer is sent once', () => {
  test('late calls do nothing', async () => {
    const request = next(1)
    request.retain()
    answer(request, 1, 0)
    expect(answer(request, 1, 0)).toBe(false)
    expect(request.sendWith(new Uint8Array(1))).toBe(false)
    request.drop()
    request.retain()
    expect(request.dataFromFd(file, 0, 1)).toBe(ECANCELED)
    expect(await request.dataFromFdAsync(file, 0, 1)).toBe(ECANCELED)
    expect(request.payloadToFd(0, 1, file, 0, 0, false)).toBe(ECANCELED)
    expect(await request.payloadToFdAsync(0, 1, file, 0, 0, false)).toBe(ECANCELED)
    expect(channel.busy).toBe(0)
    answer(next(2), 2, 0)
    expect([device.reply().unique, device.reply().unique]).toEqual([1, 2])
  })

  test('after the channel is closed nothing is written any more', () => {
    const request = next(1)
    request.retain()
    channel.close()
    expect(answer(request, 1, 0)).toBe(false)
    expect(channel.busy).toBe(0)
  })
})

describe('allowRoot', () => {
  test.each([
    ['others', Opcode.GETATTR, 1001, false],
    ['the owner', Opcode.GETATTR, 1000, true],
    ['root', Opcode.GETATTR, 0, true],
    ['others on an open file', Opcode.READ, 1001, true],
  ])('%s', (_who, opcode, uid, admitted) => {
    const guarded = new FuseChannel({
      fd: device.fd,
      maxWrite: 4096,
      owner: 1000,
      owned: false,
      logger: quietLogger,
    })
    guarded.setBlocking(false)
    device.request(1, opcode, undefined, uid)
    expect(guarded.receive()).toBe(admitted ? REQUEST : EAGAIN)
    if (admitted) answer(guarded.request, 1, 0)
    expect(device.reply()).toMatchObject({ unique: 1, error: admitted ? 0 : EACCES })
  })
})

import { check, close, EFD_NONBLOCK, eventfd, ftruncate, memfdCreate } from '@fb/sys'
import { expect, test } from 'vitest'
import { encodeMessage, u64, vringState } from '../src/message.js'
import { ProtocolFeature, Request } from '../src/protocol.js'
import { EchoDevice, oneRegion } from '../src/testing/index.js'
import { cleanup, echo, openDescriptors, serve, session } from './support.js'

import { NEED_REPLY, NOTHING, region, VERSION } from './violation.js'

test('what is refused is acknowledged as such, and the session goes on', async () => {
  const served = serve()
  const { frontEnd, ram, queue } = await session(served)
  for (const request of [Request.SEND_RARP, Request.NET_SET_MTU, Request.SET_VRING_ENDIAN, 77]) {
    expect(await frontEnd.acknowledged(request, u64(0n))).toBe(1n)
  }
  const fd = check(memfdCreate('small', 0), 'memfd')
  cleanup(() => close(fd))
  ftruncate(fd, 4096)
  const far = { ...region, guestAddress: 2 ** 40, size: 8192 }
  expect(await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion(far), [fd])).toBe(1n)
  expect(await frontEnd.acknowledged(Request.ADD_MEM_REG, oneRegion({ ...far, size: 4096 }), [fd])).toBe(0n)
  expect(await echo(queue, ram, 'still here')).toBe('still here')
  expect(served.ends).toEqual([])
  // A violation is acknowledged, too, and then the connection ends.
  expect(await frontEnd.acknowledged(Request.SET_VRING_BASE, vringState(9, 0))).toBe(1n)
  expect(await frontEnd.closes()).toBe(true)
})

test('nothing is acknowledged that was not asked for, or before it was negotiated', async () => {
  const frontEnd = serve().connect()
  await frontEnd.send(Request.SET_OWNER, NOTHING, { flags: VERSION | NEED_REPLY })
  await frontEnd.negotiate()
  await frontEnd.send(Request.SET_OWNER)
  await frontEnd.obeyed(Request.SET_OWNER)
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
})

test('a message in many pieces is a message', async () => {
  const frontEnd = serve().connect()
  const bytes = encodeMessage(Request.SET_PROTOCOL_FEATURES, VERSION, u64(ProtocolFeature.REPLY_ACK))
  for (const byte of bytes) {
    await frontEnd.sendRaw(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
  await frontEnd.obeyed(Request.SET_OWNER)
})

test('a front end that does not read its replies makes nobody wait but itself', async () => {
  const served = serve()
  const other = serve()
  const deaf = served.connect()
  let sent = 0
  const flood = async () => {
    for (; sent < 50_000; sent += 1) await deaf.send(Request.GET_FEATURES)
  }
  const flooding = flood().catch(() => {})
  const { ram, queue } = await session(other)
  for (let i = 0; i < 50; i += 1) expect(await echo(queue, ram, `${i}`)).toBe(`${i}`)
  deaf.close()
  await flooding
  await served.ended(1)
  const next = await session(served)
  expect(await echo(next.queue, next.ram, 'next')).toBe('next')
})

test('messages as fast as they can come leave the event loop its turns', async () => {
  const served = serve()
  const frontEnd = served.connect()
  const many = new Uint8Array(12 * 1000)
  for (let i = 0; i < 1000; i += 1) many.set(encodeMessage(Request.SET_OWNER, VERSION, NOTHING), 12 * i)
  await frontEnd.sendRaw(many)
  let turns = 0
  let ended = false
  const answer = frontEnd.requestNumber(Request.GET_QUEUE_NUM).then((value) => {
    ended = true
    return value
  })
  while (!ended) {
    await new Promise(setImmediate)
    turns += 1
  }
  expect(await answer).toBe(4n)
  expect(turns).toBeGreaterThan(1000 / 16 - 2)
})

test('a device that fails ends the connection, and the next one is served', async () => {
  class Failing extends EchoDevice {
    fails = true
    override startQueue(...args: Parameters<EchoDevice['startQueue']>): void {
      if (this.fails) throw new Error('the device is out of order')
      super.startQueue(...args)
    }
  }
  const device = new Failing()
  const served = serve(device)
  await expect(session(served)).rejects.toThrow()
  await served.ended(1)
  expect(served.ends[0]?.message).toBe('the device is out of order')
  device.fails = false
  const next = await session(served)
  expect(await echo(next.queue, next.ram, 'next')).toBe('next')
})

test('descriptors of malformed messages are closed', async () => {
  const served = serve()
  const event = check(eventfd(0, EFD_NONBLOCK), 'eventfd')
  cleanup(() => close(event))
  const warm = served.connect()
  await warm.negotiate()
  warm.close()
  await served.ended(1)
  const before = openDescriptors()
  let ends = 1
  for (const count of [1, 2, 8, 9, 100]) {
    for (const request of [
      Request.SET_MEM_TABLE,
      Request.GET_FEATURES,
      Request.ADD_MEM_REG,
      Request.SET_LOG_BASE,
      Request.SET_VRING_CALL,
      99,
    ]) {
      const frontEnd = served.connect()
      await frontEnd.negotiate()
      await frontEnd.send(request, new Uint8Array(request === Request.SET_VRING_CALL ? 8 : 40), {
        fds: Array.from({ length: count }, () => event),
      })
      if (request === Request.SET_VRING_CALL && count === 1) frontEnd.close()
      await frontEnd.closes().catch(() => {})
      frontEnd.close()
      ends += 1
      await served.ended(ends)
    }
  }
  expect(openDescriptors()).toBe(before)
})

import { existsSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  acceptUnix,
  check,
  close,
  connectUnix,
  getfl,
  listenUnix,
  memfdCreate,
  O_NONBLOCK,
  SysError,
  setfl,
} from '@fb/sys'
import { expect, test } from 'vitest'
import { VhostUserConnection, VhostUserServer } from '../src/index.js'
import { Request } from '../src/protocol.js'
import { EchoDevice, TestFrontEnd } from '../src/testing/index.js'
import { cleanup, directory, echo, guestMappings, openDescriptors, serve, session } from './support.js'

const device = new EchoDevice()

test('the name has the mode and group that were asked for', async () => {
  const path = join(directory(), 'socket')
  const server = new VhostUserServer({ device, path, mode: 0o660, gid: process.getgid?.() ?? 0 })
  server.listen()
  cleanup(() => server.close())
  expect(statSync(path).mode & 0o777).toBe(0o660 & ~process.umask())
  expect(() => server.listen()).toThrow(/listens already/)
})

test('a name that a killed process left is taken over, and nothing else', async () => {
  const path = join(directory(), 'socket')
  close(check(listenUnix(path, 1, 0o600, -1), 'listen'))
  expect(existsSync(path)).toBe(true)
  const server = new VhostUserServer({ device, path })
  server.listen()
  cleanup(() => server.close())
  const frontEnd = TestFrontEnd.connect(path)
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  frontEnd.close()
  const second = new VhostUserServer({ device, path })
  expect(() => second.listen()).toThrow(SysError)
  const file = join(directory(), 'precious')
  writeFileSync(file, 'content')
  expect(() => new VhostUserServer({ device, path: file }).listen()).toThrow(/EADDRINUSE/)
  expect(statSync(file).size).toBe(7)
  expect(() => new VhostUserServer({ device, path: '/nonexistent/socket' }).listen()).toThrow(/ENOENT/)
  expect(() => new VhostUserServer({ device })).toThrow(TypeError)
  expect(() => new VhostUserServer({ device, path, fd: 3 })).toThrow(TypeError)
})

test('a name that somebody else has put there is not removed', async () => {
  const path = join(directory(), 'socket')
  const server = new VhostUserServer({ device, path })
  server.listen()
  unlinkSync(path)
  const other = check(listenUnix(path, 1, 0o600, -1), 'listen')
  await server.close()
  expect(existsSync(path)).toBe(true)
  close(other)
})

test('a socket that listens already is served, and stays where it is', async () => {
  const path = join(directory(), 'socket')
  const fd = check(listenUnix(path, 1, 0o600, -1), 'listen')
  // As somebody hands it over who did not think of us.
  check(setfl(fd, getfl(fd) & ~O_NONBLOCK), 'fcntl')
  const server = new VhostUserServer({ device, fd })
  server.listen()
  const frontEnd = TestFrontEnd.connect(path)
  cleanup(() => frontEnd.close())
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  expect(server.connected).toBe(true)
  await server.close()
  expect(server.connected).toBe(false)
  expect(existsSync(path)).toBe(true)
})

test('a descriptor that is no socket that listens is refused, and stays as it was', async () => {
  const path = join(directory(), 'socket')
  const listener = check(listenUnix(path, 1, 0o600, -1), 'listen')
  const connected = check(connectUnix(path), 'connect')
  const file = check(memfdCreate('file', 0), 'memfd_create')
  cleanup(() => {
    for (const fd of [listener, connected, file]) close(fd)
  })
  for (const [fd, code] of [
    [connected, 'EINVAL'],
    [file, 'ENOTSOCK'],
    [1_000_000, 'EBADF'],
  ] as const) {
    const before = getfl(fd)
    const server = new VhostUserServer({ device, fd })
    expect(() => server.listen()).toThrow(code)
    await server.close()
    expect(getfl(fd)).toBe(before)
  }
})

test('a connection can be served without a server', async () => {
  const path = join(directory(), 'socket')
  const listener = check(listenUnix(path, 1, 0o600, -1), 'listen')
  cleanup(() => close(listener))
  const frontEnd = TestFrontEnd.connect(path)
  const connection = new VhostUserConnection(check(acceptUnix(listener), 'accept'), device)
  const end = connection.run()
  expect(await frontEnd.requestNumber(Request.GET_QUEUE_NUM)).toBe(4n)
  connection.close()
  expect(await end).toBeUndefined()
  expect(await frontEnd.closes()).toBe(true)
})

test('fifty connections leave no descriptor, no mapping and no memory behind', async () => {
  const served = serve()
  let before = { descriptors: 0, mappings: 0, rss: 0 }
  const use = async (ways: number) => {
    const { frontEnd, ram, queue, driver } = await session(served)
    expect(await echo(queue, ram, 'hello')).toBe('hello')
    if (ways % 5 === 1) driver.setAvailableIndex(5000)
    if (ways % 5 === 1) queue.kick()
    if (ways % 5 === 2) await frontEnd.stopQueue(0)
    if (ways % 5 === 3) await frontEnd.send(99)
    if (ways % 5 === 4) await frontEnd.setMemory(ram)
    frontEnd.close()
    queue.close()
    ram.close()
  }
  for (let i = 0; i < 60; i += 1) {
    await use(i)
    await served.ended(i + 1)
    if (i === 9) {
      globalThis.gc?.()
      before = { descriptors: openDescriptors(), mappings: guestMappings(), rss: process.memoryUsage.rss() }
    }
  }
  globalThis.gc?.()
  expect(openDescriptors()).toBe(before.descriptors)
  expect(guestMappings()).toBe(before.mappings)
  expect(process.memoryUsage.rss() - before.rss).toBeLessThan(64 * 1024 * 1024)
  process.stdout.write(
    `50 connections: descriptors ${before.descriptors} -> ${openDescriptors()}, mappings ${before.mappings} -> ${guestMappings()}, RSS ${(before.rss / 2 ** 20).toFixed(0)} -> ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB\n`,
  )
})
